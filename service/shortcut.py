"""Lists answered past Flask, as Flask answered the first request of their kind.

A site asks for all its lists alike: only the article differs. Flask reads and checks each query string once, and shows
once which headers an answer carries for an ``Accept-Encoding`` and an ``Origin``. What is asked alike after that is
answered from what was learned, by the functions that Flask's view calls too. Whatever is new, or goes wrong, is left to
Flask.
"""

import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from flask import Flask
from werkzeug.http import quote_etag

from service import answers, caching, metrics, transfer
from service.ahead import RankedAhead
from service.answer_cache import Kept
from service.answers import Answer
from service.rendering import related_json
from service.schemas import Options
from service.serving import Served, Serving
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment

BEFORE, BEHIND = "/v1/articles/", "/related"
"""What stands around the id in the path of a list."""
ENDPOINT = "v1.related_by_id"
OPTIONS = "silah.options"
"""Where the view leaves the options that it answers with, in the environment of its request."""
MOST = 500
"""Of each that is remembered; then it is learned anew. A site has a handful, whoever wants to fill memory has more."""
_OK = "200 OK"

Key = TypeVar("Key")
Learned = TypeVar("Learned")


class Way(NamedTuple):
    """What decides how an answer travels."""

    accepted: str | None
    origin: str | None
    long: bool
    """Whether it is worth compressing."""


class Shortcut:
    """Answers requests for lists, the sooner the more of them are alike."""

    def __init__(self, app: Flask, serving: Serving, settings: Settings) -> None:
        self._app = app
        self._flask = app.wsgi_app
        self._serving = serving
        self._settings = settings
        self._ahead = RankedAhead(settings.ahead_bytes)
        self._options: dict[str, Options] = {}
        """By query string."""
        self._headers: dict[Way, dict[str, str]] = {}
        """Those that Flask sent; what depends on the article is replaced."""

    def answer(self, environ: "WSGIEnvironment") -> Kept:
        """Answer a GET that is answered by its path, query, `Way` and nothing else."""
        options = self._options.get(environ.get("QUERY_STRING", ""))
        try:
            known = options and self._answer(environ, options)
        except Exception:  # noqa: BLE001 - Flask meets it again, and says or logs what it was
            known = None
        return known or self._learn(environ)

    def _answer(self, environ: "WSGIEnvironment", options: Options) -> Kept | None:
        """Return what Flask would answer, or None for what only Flask can. Raises whatever Flask's view does."""
        started = time.perf_counter()
        path = environ["PATH_INFO"].encode("latin-1").decode()
        article_id = path[len(BEFORE) : -len(BEHIND)]
        if path != f"{BEFORE}{article_id}{BEHIND}":
            return None
        served = self._serving.now()
        row = answers.row_of(served, article_id)
        body = related_json(self._list(served, article_id, row, environ.get("QUERY_STRING", ""), options))
        headers = self._headers.get(_way(environ, long=len(body) >= transfer.SMALLEST))
        if headers is None:
            return None
        tag = caching.etag(served.view, self._settings, f"{path}?{environ.get('QUERY_STRING', '')}")
        own = {"Cache-Control": caching.lifetime(answers.published(served, row))}
        if (encoding := headers.get("Content-Encoding")) is not None:
            body, tag = transfer.compressed(self._app, body, encoding), caching.tag_of(tag, encoding)
        own |= {"Content-Length": str(len(body)), "ETag": quote_etag(tag)}
        metrics.observe(ENDPOINT, 200, started)
        return Kept(_OK, tuple((headers | own).items()), body)

    def _list(self, served: Served, article_id: str, row: int, query: str, options: Options) -> Answer:
        if article_id not in served.view.overrides:
            ranked = self._ahead.ranked(served.view, row, query, options)
            if ranked is not None:
                return answers.about_article(served, article_id, row, ranked, options)
        return answers.to_article(served, article_id, row, options)

    def _learn(self, environ: "WSGIEnvironment") -> Kept:
        """Return Flask's answer, and remember what others can be answered with."""
        answer = self._ask_flask(environ)
        query, options = environ.get("QUERY_STRING", ""), environ.get(OPTIONS)
        headers = dict(answer.headers)
        if answer.status == _OK and options is not None and query.isascii() and len(headers) == len(answer.headers):
            long = "Content-Encoding" in headers or len(answer.body) >= transfer.SMALLEST
            _remember(self._options, query, options)
            _remember(self._headers, _way(environ, long=long), headers)
        return answer

    def _ask_flask(self, environ: "WSGIEnvironment") -> Kept:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> "Callable[[bytes], object]":
            started.append((status, headers))
            return lambda _data: None

        result = self._flask(environ, start)
        try:
            body = b"".join(result)
        finally:
            if (close := getattr(result, "close", None)) is not None:
                close()
        status, headers = started[-1]
        # Werkzeug dates what Flask-Compress packed: from memory it would go out hours old, and be stale on arrival.
        # The server dates what it sends.
        return Kept(status, tuple(header for header in headers if header[0] != "Date"), body)


def _way(environ: "WSGIEnvironment", *, long: bool) -> Way:
    return Way(environ.get("HTTP_ACCEPT_ENCODING"), environ.get("HTTP_ORIGIN"), long)


def _remember(learned: dict[Key, Learned], key: Key, value: Learned) -> None:
    if len(learned) >= MOST:
        learned.clear()
    learned[key] = value
