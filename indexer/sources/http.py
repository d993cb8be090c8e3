"""Fetch pages politely: one at a time, with a name, pauses, a timeout, a size limit, and patience when asked for it."""

import logging
import math
import os
import string
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from importlib.metadata import version
from typing import IO, Any
from urllib.parse import quote, urljoin, urlsplit

from indexer.sources import SourceError, shown
from models.text import one_line

log = logging.getLogger(__name__)

USER_AGENT = f"Silah/{version('silah')} (related articles; one request at a time)"
HEADERS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
TIMEOUT_SECONDS = 30
"""Without a byte, and for a whole answer four times that."""
MAX_BYTES = 10_000_000
"""A page or a feed is rarely above one megabyte."""
MAX_REDIRECTS = 5
TRIES = 4
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
PAUSE_VARIABLE = "SILAH_PAUSE_SECONDS"
"""The environment variable that says how long to wait before each request."""
_CHUNK = 65_536
_ELSEWHERE = "redirects to neither http nor https"
_PASSING = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class FetchError(SourceError):
    """An address cannot be fetched."""


class UnavailableError(FetchError):
    """A server does not answer, or answers that it cannot: the next address will hardly do better."""


class _PassingError(Exception):
    """The server may answer later; `pause` is what it asked for, in seconds."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; `headers` has lower-case names, `url` is the address after redirects."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def get(url: str, *, pause: Callable[[float], None] = time.sleep, most: int = MAX_BYTES) -> Response:
    """Return what is at `url`, at most `most` bytes, after at most `TRIES` tries.

    Raises FetchError with one line that says why not.
    """
    if not url.startswith(("http://", "https://")):
        message = f"{url}: neither http nor https"
        raise FetchError(message)
    if not url.isprintable():
        message = f"{one_line(url)}: a control character in the address"
        raise FetchError(message)
    time.sleep(_usual_pause())
    reason = ""
    for attempt in range(TRIES):
        try:
            return _fetch(url, most)
        except _PassingError as error:
            reason = str(error)
            if attempt + 1 < TRIES:
                wait = min(error.pause if error.pause is not None else FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
                log.info("%s: %s; trying again in %.0f s", shown(url), reason, wait)
                pause(wait)
    message = f"{url}: {reason}, {TRIES} times"
    raise UnavailableError(message)


def joined(base: str, url: str) -> str | None:
    """Return `url` as seen from `base`, or None when it is no address: ``http://[bad``."""
    try:
        whole = urljoin(base, url)
        urlsplit(whole)
    except ValueError:
        return None
    return whole


def _usual_pause() -> float:
    try:
        seconds = float(os.environ.get(PAUSE_VARIABLE, "0.1"))
    except ValueError:
        seconds = math.nan
    if math.isnan(seconds):
        message = f"{PAUSE_VARIABLE}: not a number of seconds"
        raise SourceError(message)
    return min(max(seconds, 0.0), LONGEST_PAUSE)


def _fetch(url: str, most: int) -> Response:
    try:
        request = urllib.request.Request(_ascii(url), headers=HEADERS)  # noqa: S310 - http(s) only, redirects too
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.url, headers, _body(answer, headers, most, time.monotonic() + 4 * TIMEOUT_SECONDS))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(url, error) from None
    except (TimeoutError, ConnectionError, IncompleteRead, urllib.error.URLError) as error:
        raise _PassingError(_short(error)) from error
    except (OSError, ValueError, HTTPException, zlib.error) as error:
        message = f"{url}: {_short(error)}"
        raise FetchError(message) from error


def _ascii(url: str) -> str:
    """Return an address as it goes over the wire: sitemaps hold Arabic ones as a browser shows them (RFC 3987, 3.1)."""
    host = urlsplit(url).hostname or ""
    if not host.isascii():
        url = url.replace(host, host.encode("idna").decode("ascii"), 1)
    return quote(url, safe=string.punctuation)


def _body(answer: HTTPResponse, headers: Mapping[str, str], most: int, deadline: float) -> bytes:
    """Return the whole body, unpacked; what is too large or too slow is not read to its end."""
    unpack = zlib.decompressobj(wbits=31) if headers.get("content-encoding") == "gzip" else None
    body = bytearray()
    while chunk := answer.read1(_CHUNK):  # what has come: a server that sends a byte a minute is noticed
        body += unpack.decompress(chunk, most + 1) if unpack is not None else chunk
        if len(body) > most:
            message = f"larger than {most} bytes"
            raise ValueError(message)
        if time.monotonic() > deadline:
            message = "the answer takes too long"
            raise ValueError(message)
    if (unpack is not None and not unpack.eof) or answer.length:
        message = "the answer is cut short"
        raise ConnectionError(message)
    return bytes(body)


def _refusal(url: str, error: urllib.error.HTTPError) -> Exception:
    if error.code in _PASSING:
        return _PassingError(f"HTTP {error.code}", _asked_pause(error.headers.get("Retry-After", "")))
    # urllib reports what is wrong with a redirect as that redirect, with an explanation, the loop's of many lines.
    explained = one_line(str(error.reason))
    if "infinite loop" in explained:
        reason = "redirects without end"
    elif "is not allowed" in explained:
        reason = _ELSEWHERE
    else:
        reason = explained if explained.startswith("redirects") else f"HTTP {error.code}"
    return FetchError(f"{url}: {reason}")


def _asked_pause(retry_after: str) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for: a number, or a date."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return one_line(str(reason)) or type(error).__name__


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects over HTTP only, and closes the answer when it does not."""

    max_redirections = MAX_REDIRECTS

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:  # noqa: ANN401 - what urllib gives
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError as error:
            raise urllib.error.HTTPError(req.full_url, code, f"redirects nowhere: {error}", headers, fp) from error

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(  # noqa: PLR0913, PLR0917 - the signature of the standard library
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith(("http://", "https://")):
            raise urllib.error.HTTPError(newurl, code, _ELSEWHERE, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_Redirects)
