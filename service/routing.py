"""How an article's id stands in a path: as it is, slashes and all, for it may be an address."""

from apiflask import APIFlask
from werkzeug.routing import PathConverter


class ArticleId(PathConverter):
    """Any path that does not end like a resource below an article: ``DELETE …/1/related`` is no article's deletion."""

    regex = r"[^/].*?(?<!/related)(?<!/related\.html)(?<!/overrides)"


def configure(app: APIFlask) -> None:
    """Make ``<article:…>`` known to the routes of `app`."""
    app.url_map.converters["article"] = ArticleId
    # "https://…" must not be redirected to "https:/…".
    app.url_map.merge_slashes = False
