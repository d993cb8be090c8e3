"""How requests are read: an id in a path as it is, slashes and all, lists in both usual forms, and bodies whole."""

from functools import cached_property
from typing import Any

from apiflask import APIFlask
from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import PathConverter


class AnyId(PathConverter):
    """Any path, for the resources below an article: what they are called stands behind it."""

    regex = ".+?"
    part_isolating = False


class ArticleId(AnyId):
    """Any path that does not end like a resource below an article: ``DELETE …/1/related`` is no article's deletion."""

    part_isolating = False
    regex = r".+?(?<!/related)(?<!/related\.html)(?<!/overrides)"


class WholeRequest(Request):
    """A request of which nothing is silently left out; its query may give a list as ``a,b`` or repeat the parameter."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The parameters of the query; repeated ones are joined."""
        given = super().args
        return MultiDict((name, ",".join(values)) for name, values in given.lists())

    # The parameters and their types are Werkzeug's.
    def get_data(self, cache: Any = True, as_text: Any = False, parse_form_data: Any = False) -> Any:  # noqa: ANN401, FBT002
        """Return the body. Raises RequestEntityTooLarge."""
        data = super().get_data(cache, as_text, parse_form_data)
        # A body that comes in chunks, without a length, is cut at the limit by Werkzeug 3.1.
        chunked = self.content_length is None and self.environ.get("wsgi.input_terminated")
        if chunked and self.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
        return data


def configure(app: APIFlask) -> None:
    """Make ``<article:…>`` and ``<any_id:…>`` known to the routes of `app`, and repeated parameters lists."""
    app.request_class = WholeRequest
    app.url_map.converters.update(article=ArticleId, any_id=AnyId)
    # "https://…" must not be redirected to "https:/…".
    app.url_map.merge_slashes = False
