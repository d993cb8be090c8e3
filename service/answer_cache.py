"""Lists that were asked for before, kept in memory as they went out: readers share the articles of the day.

An answer depends on the view and the request and on nothing else, so it is kept exactly as long as its view is served.
Bounded in bytes; what was used longest ago goes first.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from service import metrics
from service.view import View

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LISTS = ("/related", "/related.html")
_OVERHEAD = 900
"""Bytes that the headers of an answer and its place take, those that many answers share counted once."""
_LONGEST_KEY = 2_000
"""Characters: no browser's request for a list is longer."""


_SHARED = {
    header: header
    for header in [
        ("Content-Type", "application/json"),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "public, max-age=86400"),
        ("Vary", "Accept-Encoding"),
        ("Content-Encoding", "br"),
        ("Content-Encoding", "gzip"),
    ]
}
"""Headers that nearly every answer has: one object for all."""


class Kept(NamedTuple):
    """An answer, as WSGI sends it."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


Ask = Callable[["WSGIEnvironment"], Kept]
"""Gives the answer to a request that nobody made before."""


@dataclass
class Answers:
    """Those of one view."""

    view: View | None
    kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict)
    size: int = 0


class AnswerCache:
    """WSGI middleware. A hit takes no lock: it reads one dictionary."""

    def __init__(self, app: "WSGIApplication", ask: Ask, view: Callable[[], View | None], limit: int) -> None:
        self._app = app
        self._ask = ask
        self._view = view
        self._limit = limit
        self._writing = threading.Lock()
        self._answers = Answers(None)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a GET of a list from memory if it can be, else ask for it; all else is the application's."""
        key = _key(environ)
        if key is None:
            return self._app(environ, start_response)
        answers = self._current()
        found = answers.kept.get(key)
        if found is None:
            found = self._ask(environ)
            self._keep(answers, key, found)
        else:
            with contextlib.suppress(KeyError):  # another thread may have let it go just now
                answers.kept.move_to_end(key)
            metrics.CACHED.inc()
        start_response(found.status, list(found.headers))
        return [found.body]

    def _current(self) -> Answers:
        """Return the answers of the view that is served now: with another view, everything is forgotten."""
        view, answers = self._view(), self._answers
        if answers.view is not view:
            self._answers = answers = Answers(view)
        return answers

    def _keep(self, answers: Answers, key: str, answer: Kept) -> None:
        """Keep an answer among those of the view that was served before it was computed.

        If another view came meanwhile, `answers` are those of the old one, which nobody reads any more.
        """
        if not answer.status.startswith("200") or len(answer.body) > self._limit // 100:
            return
        with self._writing:
            if key in answers.kept:
                return
            headers = tuple([_SHARED.get(header, header) for header in answer.headers])
            answers.kept[key] = Kept(answer.status, headers, answer.body)
            answers.size += _size(key, answer)
            while answers.size > self._limit:
                answers.size -= _size(*answers.kept.popitem(last=False))


def _key(environ: "WSGIEnvironment") -> str | None:
    """Return what an answer depends on besides the view, or None for what is not kept."""
    path = environ["PATH_INFO"]
    conditional = "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MATCH" in environ
    # Flask-CORS answers this one with a header.
    other = conditional or "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK" in environ
    if environ["REQUEST_METHOD"] != "GET" or other or not path.endswith(_LISTS):
        return None
    wanted = (environ.get("QUERY_STRING"), environ.get("HTTP_ACCEPT_ENCODING"), environ.get("HTTP_ORIGIN"))
    key = "\n".join((path, *(part or "" for part in wanted)))
    return key if len(key) <= _LONGEST_KEY else None


def _size(key: str, answer: Kept) -> int:
    return len(key) + len(answer.body) + _OVERHEAD
