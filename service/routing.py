"""How requests are read: an id in a path as it is, slashes and all, and lists in a query in both usual forms."""

from functools import cached_property

from apiflask import APIFlask
from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import PathConverter


class AnyId(PathConverter):
    """Any path, for the resources below an article: what they are called stands behind it."""

    regex = ".+?"
    part_isolating = False


class ArticleId(AnyId):
    """Any path that does not end like a resource below an article: ``DELETE …/1/related`` is no article's deletion."""

    part_isolating = False
    regex = r".+?(?<!/related)(?<!/related\.html)(?<!/overrides)"


class ListRequest(Request):
    """A request whose query may give a list as ``a,b`` or by repeating the parameter."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """The parameters of the query; repeated ones are joined, so that none is silently left out."""
        given = super().args
        return MultiDict((name, ",".join(values)) for name, values in given.lists())


def configure(app: APIFlask) -> None:
    """Make ``<article:…>`` and ``<any_id:…>`` known to the routes of `app`, and repeated parameters lists."""
    app.request_class = ListRequest
    app.url_map.converters.update(article=ArticleId, any_id=AnyId)
    # "https://…" must not be redirected to "https:/…".
    app.url_map.merge_slashes = False
