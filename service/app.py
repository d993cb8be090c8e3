"""The composition root: settings in, a WSGI application out."""

import logging
from typing import Any

import orjson
from apiflask import APIFlask
from flask.json.provider import JSONProvider

from service import (
    api,
    demo,
    docs,
    errors,
    events,
    fragment,
    health,
    metrics,
    openapi,
    routing,
    transfer,
    widget,
    writing,
)
from service.answer_cache import AnswerCache
from service.events import Tally
from service.serving import Serving
from service.settings import Settings
from service.shortcut import Shortcut


class OrjsonProvider(JSONProvider):
    """JSON in UTF-8 rather than escapes, several times faster than the standard library's."""

    def dumps(self, obj: object, **_options: object) -> str:
        """Return `obj` as JSON."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_options: object) -> Any:  # noqa: ANN401 - as Flask declares it
        """Return the value of a JSON text."""
        return orjson.loads(s)


def create_app(settings: Settings | None = None) -> APIFlask:
    """Return the application. It watches for new snapshots in a thread of its own, so call it after any fork."""
    settings = settings or Settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = APIFlask(__name__, title="Silah", version=openapi.VERSION, spec_path="/openapi.json", docs_path=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    routing.configure(app)
    openapi.configure(app)
    app.json = OrjsonProvider(app)
    errors.register(app)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(writing.blueprint)
    app.register_blueprint(fragment.blueprint)
    app.register_blueprint(widget.blueprint)
    app.register_blueprint(events.blueprint)
    app.register_blueprint(docs.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(demo.blueprint)
    metrics.configure(app)
    transfer.configure(app, settings)
    serving = Serving(settings)
    tally = Tally(settings.home) if settings.events else None
    app.extensions.update({"serving": serving, "settings": settings, "tally": tally})
    shortcut = Shortcut(app, serving, settings)
    answers_bytes = settings.cache_bytes - settings.ahead_bytes
    cache = AnswerCache(app.wsgi_app, shortcut.answer, lambda: serving.view, answers_bytes)
    app.wsgi_app = cache  # type: ignore[method-assign]
    serving.watch()
    if tally is not None:
        tally.watch()
    return app
