"""A WordPress export file: ``wxr:export.xml``. Read as a stream, so its size does not matter."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from indexer.sources import Records, SourceError, Unreadable
from models.article import Record

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_WP = re.compile(r"\{https?://wordpress\.org/export/[\d.]+/\}")
_BLOCK_COMMENT = re.compile(r"<!--\s*/?wp:.*?-->", re.DOTALL)
_SHORTCODE = re.compile(r"\[/?[a-z][\w-]*(?:\s[^\]]*)?/?\]")
_NO_DATE = "0000-00-00 00:00:00"


def read(address: str) -> Records:
    """Yield a record for each post; pages, attachments and menus are no articles.

    An export lists attachments before or after the posts that show them: images are looked up in a first pass.
    """
    images = {fields["post_id"]: fields["attachment_url"] for fields in _images(address)}
    authors: dict[str, str] = {}
    try:
        for element in _elements(address):
            if element.tag == "author":
                authors[_text(element, "author_login")] = _text(element, "author_display_name")
            elif element.tag == "item" and _text(element, "post_type") == "post":
                yield record_of(element, authors, images)
    except ParseError as error:
        yield Unreadable(Path(address).name, f"the XML breaks off here ({error})")


def record_of(item: Element, authors: dict[str, str], images: dict[str, str]) -> Record | Unreadable:
    """Return the record of one item; `authors` are display names by login, `images` addresses by attachment."""
    number = _text(item, "post_id") or _text(item, "guid")
    if _text(item, "status") != "publish":
        return Unreadable(number, "not published")
    if _text(item, "post_password"):
        return Unreadable(number, "protected by a password")
    named = {domain: _terms(item, domain) for domain in ("category", "post_tag")}
    return {
        "id": number,
        "title": _text(item, "title"),
        "html": content_html(_text(item, _CONTENT)),
        "url": _text(item, "link") or None,
        "category": next(iter(named["category"]), None),
        "tags": named["post_tag"],
        "author": authors.get(_text(item, _CREATOR)) or _text(item, _CREATOR) or None,
        "image_url": images.get(_meta(item, "_thumbnail_id")),
        "published_at": _moment(_text(item, "post_date_gmt")),
        "updated_at": _moment(_text(item, "post_modified_gmt")),
    }


def content_html(stored: str) -> str:
    """Return a post's stored content as WordPress shows it, as far as its text goes.

    Blank lines part paragraphs (``wpautop``); block comments and shortcodes are instructions, not text.
    """
    plain = _SHORTCODE.sub("", _BLOCK_COMMENT.sub("", stored))
    return "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", plain) if part.strip()).replace("\n", "<br>")


def _elements(address: str) -> Iterator[Element]:
    """Yield each author and item with names free of WordPress' changing namespace, and let go of it after."""
    try:
        stack: list[Element] = []
        for event, element in iterparse(address, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                stack.append(element)
                continue
            stack.pop()
            element.tag = _WP.sub("", element.tag)
            if element.tag in {"author", "item"}:
                yield element
                if stack:
                    stack[-1].remove(element)
    except DefusedXmlException as error:
        message = f"{address}: refused, it declares entities or a document type"
        raise SourceError(message) from error


def _images(address: str) -> Iterator[dict[str, str]]:
    try:
        for element in _elements(address):
            if element.tag == "item" and _text(element, "post_type") == "attachment":
                yield {name: _text(element, name) for name in ("post_id", "attachment_url")}
    except ParseError:
        return  # said in the second pass, which reads what stands before it


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _meta(item: Element, key: str) -> str:
    return next((_text(meta, "meta_value") for meta in item.iter("postmeta") if _text(meta, "meta_key") == key), "")


def _terms(item: Element, domain: str) -> list[str]:
    return [(term.text or "").strip() for term in item.iter("category") if term.get("domain", "category") == domain]


def _moment(stored: str) -> str | None:
    return f"{stored.replace(' ', 'T')}Z" if stored and stored != _NO_DATE else None
