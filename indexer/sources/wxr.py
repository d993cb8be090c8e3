"""A WordPress export file: ``wxr:export.xml``. Read as a stream, so its size does not matter."""

import codecs
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, iterparse

from indexer.sources import Records, SourceError, Unreadable
from indexer.sources.text_file import BROKEN, open_bytes
from models.article import Record
from models.text import html_to_line

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_WP = re.compile(r"\{https?://wordpress\.org/export/[\d.]+/\}")
_BLOCK_COMMENT = re.compile(r"<!--\s*/?wp:.*?-->", re.DOTALL)
_EMBED = re.compile(r"\[(embed|audio|video|playlist)\b[^\]]*\].*?\[/\1\]", re.DOTALL)
_SHORTCODE = re.compile(
    r"\[(?:gallery|embed|audio|video|playlist|caption|wp_caption)\b[^\]]*\]|\[[a-z][\w-]*\s[^\[\]=]*=[^\]]*\]"
)
_CLOSING = re.compile(r"\[/([a-z][\w-]*)\]")
_CONTROLS = dict.fromkeys((code for code in [*range(ord(" ")), 0xFFFE, 0xFFFF] if chr(code) not in "\t\n\r"), " ")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*\sencoding=["']([\w.:-]+)""")
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHANNEL_DEPTH = 2
"""Items hang below ``rss`` and ``channel``; all that hangs there is let go of."""
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
        "title": html_to_line(_text(item, "title")),
        "html": content_html(_text(item, _CONTENT)),
        "url": _text(item, "link") or None,
        "language": _language(item),
        "category": next(iter(named["category"]), None),
        "tags": named["post_tag"],
        "author": authors.get(_text(item, _CREATOR)) or _text(item, _CREATOR) or None,
        "image_url": images.get(_meta(item, "_thumbnail_id")),
        "published_at": _moment(_text(item, "post_date_gmt"), _text(item, "post_date")),
        "updated_at": _moment(_text(item, "post_modified_gmt"), _text(item, "post_modified")),
    }


def content_html(stored: str) -> str:
    """Return a post's stored content as WordPress shows it, as far as its text goes.

    Blank lines part paragraphs (``wpautop``); block comments and shortcodes are instructions, not text. What stands
    between the shortcodes of a caption stays, and so do an editor's brackets: ``[sic]``.
    """
    plain = _EMBED.sub("", _BLOCK_COMMENT.sub("", stored))
    paired = "|".join(map(re.escape, sorted(set(_CLOSING.findall(plain)))))
    plain = _SHORTCODE.sub("", plain)
    if paired:
        plain = re.sub(rf"\[/?(?:{paired})\]", "", plain)
    return "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", plain) if part.strip()).replace("\n", "<br>")


class _Printable:
    """A file as UTF-8, without what XML forbids and editors paste: control characters and broken bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        try:
            chunk = self._file.read(size)
        except BROKEN as error:
            raise ParseError(str(error)) from error
        if self._decoder is None:
            self._decoder = codecs.getincrementaldecoder(_encoding(chunk))(errors="replace")
        text = self._decoder.decode(chunk, final=not chunk).translate(_CONTROLS)
        if not self._begun:  # old plugins leave blank lines before the declaration, which XML does not allow
            text = text.lstrip("\ufeff \t\r\n")
            self._begun = bool(text)
            if chunk and not text:
                return self.read(size)
        return text.encode()


def _encoding(start: bytes) -> str:
    """Return the encoding that a file states in its first bytes, or UTF-8. Raises LookupError when there is no such."""
    if start.startswith(_MARKS):
        return "utf-16"
    declared = _DECLARED.match(start.removeprefix(codecs.BOM_UTF8))
    name = declared[1].decode("ascii") if declared else "utf-8"
    try:
        # As it will be used: Python also knows codecs that give no text.
        given = codecs.getincrementaldecoder(name)(errors="replace").decode(b"<", final=True)
    except UnicodeError:
        given = ""
    # What can be read in single bytes is no UTF-16, whatever it declares.
    return name if given == "<" else "utf-8"


def _elements(address: str) -> Iterator[Element]:
    """Yield each author and item with names free of WordPress' changing namespace, and let go of it after.

    Raises SourceError when it is no export at all, ParseError where it breaks off.
    """
    stack: list[Element] = []
    begun = False
    with open_bytes(address) as file:
        try:
            # The parser is told what `_Printable` gives, which is not what the file declares.
            parser = DefusedXMLParser(encoding="utf-8", forbid_dtd=True)
            for event, element in iterparse(_Printable(file), events=("start", "end"), parser=parser):
                if event == "start":
                    begun = begun or _checked(element, address)
                    stack.append(element)
                    continue
                stack.pop()
                element.tag = _WP.sub("", element.tag)
                if element.tag in {"author", "item"}:
                    yield element
                if stack and len(stack) <= _CHANNEL_DEPTH:
                    stack[-1].remove(element)
        except LookupError as error:
            message = f"{address}: refused, {error}"
            raise SourceError(message) from error
        except (ParseError, DefusedXmlException) as error:
            if begun and isinstance(error, ParseError):
                raise
            reason = "it is not XML" if isinstance(error, ParseError) else "it declares entities or a document type"
            message = f"{address}: refused, {reason}"
            raise SourceError(message) from error


def _checked(root: Element, address: str) -> bool:
    if root.tag != "rss":
        message = f"{address}: not a WordPress export (it is <{root.tag.rpartition('}')[2]}>)"
        raise SourceError(message)
    return True


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
    return [
        html.unescape(term.text or "").strip()
        for term in item.iter("category")
        if term.get("domain", "category") == domain
    ]


def _language(item: Element) -> str | None:
    """Return what Polylang says, whose languages are terms."""
    return next((term.get("nicename") for term in item.iter("category") if term.get("domain") == "language"), None)


def _moment(in_utc: str, local: str) -> str | None:
    """Return the moment that a post states; old imports left the one in UTC empty."""
    stated = next((moment for moment in (in_utc, local) if moment and moment != _NO_DATE), None)
    return stated and f"{stated.replace(' ', 'T')}Z"
