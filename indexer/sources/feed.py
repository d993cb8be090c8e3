"""An RSS or Atom feed: ``feed+https://site/feed/``, or a file: ``feed:feed.xml``. It holds the newest articles only."""

from pathlib import Path
from typing import Any
from xml.sax import SAXParseException

import feedparser

from indexer.sources import Records, SourceError, Unreadable, http
from models.article import Record
from models.text import html_to_line, one_line


def read(address: str) -> Records:
    """Yield a record for each entry of the feed."""
    answer = _answer(address)
    try:
        feed = feedparser.parse(answer.body, sanitize_html=False, response_headers=dict(answer.headers))
    except ValueError as error:
        message = f"{address}: a feed that cannot be read ({one_line(str(error))})"
        raise SourceError(message) from error
    if not feed.get("version"):  # of nothing at all, feedparser makes a feed without the attribute
        message = f"{address}: neither RSS nor Atom"
        raise SourceError(message)
    language = feed.feed.get("language")
    for entry in feed.entries:
        yield record_of(entry, language, answer.url)
    problem = feed.get("bozo_exception")
    if isinstance(problem, SAXParseException):
        yield Unreadable(f"line {problem.getLineNumber()}", f"not well-formed XML ({one_line(problem.getMessage())})")


def record_of(entry: Any, language: str | None, base: str = "") -> Record:  # noqa: ANN401 - an untyped dictionary
    """Return the record of one entry of feedparser's; `language` is the feed's, `base` its address."""
    terms = [tag["term"] for tag in entry.get("tags", []) if tag.get("term")]
    contents = [content["value"] for content in entry.get("content", []) if content["value"].strip()]
    return {
        "id": entry.get("id") or entry.get("link"),
        "title": html_to_line(entry.get("title", "")),
        "html": contents[0] if contents else entry.get("summary"),
        "url": http.joined(base, entry["link"]) if entry.get("link") else None,
        "language": language,
        "category": terms[0] if terms else None,
        "tags": terms[1:],
        "author": entry.get("author"),
        "image_url": _image(entry),
        "published_at": _moment(entry.get("published_parsed")),
        # feedparser takes the other date for a missing one, with a warning.
        "updated_at": _moment(entry.updated_parsed if "updated_parsed" in dict(entry) else None),
    }


def _answer(address: str) -> http.Response:
    if address.startswith(("http://", "https://")):
        return http.get(address)
    return http.Response("", {}, Path(address).read_bytes())


def _image(entry: Any) -> str | None:  # noqa: ANN401
    media = [*entry.get("media_content", []), *entry.get("media_thumbnail", [])]
    enclosed = [link for link in entry.get("links", []) if str(link.get("type", "")).startswith("image/")]
    found = [part.get("url") for part in media if str(part.get("type", "image/")).startswith("image/")]
    return next((url for url in [*found, *(link.get("href") for link in enclosed)] if url), None)


def _moment(parsed: Any) -> str | None:  # noqa: ANN401 - time.struct_time in UTC, or None
    return None if parsed is None else "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6])
