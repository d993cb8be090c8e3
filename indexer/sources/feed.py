"""An RSS or Atom feed: ``feed+https://site/feed/``, or a file: ``feed:feed.xml``. It holds the newest articles only."""

from pathlib import Path
from typing import Any

import feedparser

from indexer.sources import Records, SourceError, http
from models.article import Record


def read(address: str) -> Records:
    """Yield a record for each entry of the feed."""
    content = http.get(address).body if address.startswith(("http://", "https://")) else Path(address).read_bytes()
    feed = feedparser.parse(content, sanitize_html=False)
    if not feed.version:
        message = f"{address}: neither RSS nor Atom"
        raise SourceError(message)
    language = feed.feed.get("language")
    for entry in feed.entries:
        yield record_of(entry, language)


def record_of(entry: Any, language: str | None) -> Record:  # noqa: ANN401 - feedparser's own dictionary, untyped
    """Return the record of one entry; `language` is the feed's."""
    terms = [tag["term"] for tag in entry.get("tags", []) if tag.get("term")]
    contents = [content["value"] for content in entry.get("content", [])]
    return {
        "id": entry.get("id") or entry.get("link"),
        "title": entry.get("title"),
        "html": contents[0] if contents else entry.get("summary"),
        "url": entry.get("link"),
        "language": language,
        "category": terms[0] if terms else None,
        "tags": terms[1:],
        "author": entry.get("author"),
        "image_url": _image(entry),
        "published_at": _moment(entry.get("published_parsed")),
        # feedparser takes the other date for a missing one, with a warning.
        "updated_at": _moment(entry.updated_parsed if "updated_parsed" in dict(entry) else None),
    }


def _image(entry: Any) -> str | None:  # noqa: ANN401
    media = [*entry.get("media_content", []), *entry.get("media_thumbnail", [])]
    enclosed = [link for link in entry.get("links", []) if str(link.get("type", "")).startswith("image/")]
    found = [part.get("url") for part in media] + [link.get("href") for link in enclosed]
    return next((url for url in found if url), None)


def _moment(parsed: Any) -> str | None:  # noqa: ANN401 - time.struct_time in UTC, or None
    return None if parsed is None else "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6])
