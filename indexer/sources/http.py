"""Fetch pages politely: one at a time, with a name, a timeout, a size limit, and patience when asked for it."""

import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from importlib.metadata import version

from indexer.sources import SourceError

log = logging.getLogger(__name__)

USER_AGENT = f"Silah/{version('silah')} (related articles; one request at a time)"
TIMEOUT_SECONDS = 30
MAX_BYTES = 10_000_000
"""A page or a feed is rarely above one megabyte."""
TRIES = 4
LONGEST_PAUSE = 60.0
_PASSING = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class FetchError(SourceError):
    """An address cannot be fetched."""


class _PassingError(Exception):
    """The server may answer later; `pause` is what it asked for, in seconds."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; `headers` has lower-case names."""

    url: str
    headers: Mapping[str, str]
    body: bytes


def get(url: str, *, pause: Callable[[float], None] = time.sleep, timeout: float = TIMEOUT_SECONDS) -> Response:
    """Return what is at `url`, after at most `TRIES` tries. Raises FetchError with one line that says why not."""
    if not url.startswith(("http://", "https://")):
        message = f"{url}: neither http nor https"
        raise FetchError(message)
    reason = ""
    for attempt in range(TRIES):
        try:
            return _fetch(url, timeout)
        except _PassingError as error:
            reason = str(error)
            if attempt + 1 < TRIES:
                wait = min(error.pause if error.pause is not None else 2.0**attempt, LONGEST_PAUSE)
                log.info("%s: %s; trying again in %.0f s", url, reason, wait)
                pause(wait)
    message = f"{url}: {reason}, {TRIES} times"
    raise FetchError(message)


def _fetch(url: str, timeout: float) -> Response:
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})  # noqa: S310 - http(s)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            body = answer.read(MAX_BYTES + 1)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            found = answer.url
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(url, error) from None
    except (TimeoutError, ConnectionError, urllib.error.URLError) as error:
        raise _PassingError(_short(error)) from error
    except (OSError, ValueError, HTTPException) as error:
        message = f"{url}: {_short(error)}"
        raise FetchError(message) from error
    if len(body) > MAX_BYTES:
        message = f"{url}: larger than {MAX_BYTES} bytes"
        raise FetchError(message)
    return Response(found, headers, body)


def _refusal(url: str, error: urllib.error.HTTPError) -> Exception:
    if error.code in _PASSING:
        asked = error.headers.get("Retry-After", "")
        return _PassingError(f"HTTP {error.code}", float(asked) if asked.isdigit() else None)
    # A redirect loop is reported as the last redirect, with an explanation of many lines.
    reason = "redirects without end" if "redirect" in str(error.reason) else f"HTTP {error.code}"
    return FetchError(f"{url}: {reason}")


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return f"{reason}".splitlines()[0] if f"{reason}" else type(error).__name__
