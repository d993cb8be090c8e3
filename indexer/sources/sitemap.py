"""A site through its sitemap: ``sitemap+https://site/sitemap.xml``. Each page is fetched and its main text taken."""

import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from indexer.sources import Records, SourceError, Unreadable, http
from indexer.sources.encoding import decode
from indexer.sources.kept import Kept, KeptRecords
from indexer.sources.page_facts import Facts
from indexer.sources.pages import record_of
from models.article import Record

MOST_NESTED = 3
"""A sitemap of sitemaps of sitemaps is deep enough."""
MAX_BYTES = 52_428_800
"""The protocol's own limit, uncompressed (sitemaps.org)."""
MOST_UNAVAILABLE = 5
"""So many pages in a row that a server does not answer: it is down, and its articles are not gone."""
RESUMED_DAYS = 1
"""For so long a build that broke off may go on: to read a large site takes hours, and the next night reads anew."""


def read(address: str) -> Records:
    """Yield a record for each page of the sitemap; a page that cannot be fetched costs only itself.

    Raises SourceError when a sitemap cannot be read, or when the server stops answering.
    """
    for _, _, record in _fetched(_pages(address, MOST_NESTED, set())):
        yield record


def read_kept(address: str, kept: KeptRecords) -> Records:
    """Yield what `read` does, but nothing twice that a build of the last day fetched and then did not publish.

    Later nothing is taken from it: what sitemaps say of when a page changed is often a day, or wrong.
    """
    kept.pass_when_published()
    pages = dict(_pages(address, MOST_NESTED, set()))
    known = kept.versions(RESUMED_DAYS)
    for url, fetched in kept.records([url for url, changed in pages.items() if known.get(url) == str(changed)]):
        del pages[url]
        yield fetched
    for url, changed, record in _fetched(iter(pages.items())):
        if isinstance(record, dict):
            kept.add([Kept(url, str(changed), record)])
        yield record


def _fetched(pages: Iterator[tuple[str, str | None]]) -> Iterator[tuple[str, str | None, Record | Unreadable]]:
    """Yield the address of each page, when it changed, and its record."""
    unavailable = 0
    for url, changed in pages:
        try:
            record = _record(http.get(url), changed)
            unavailable = 0
        except http.FetchError as error:
            unavailable = unavailable + 1 if isinstance(error, http.UnavailableError) else 0
            if unavailable >= MOST_UNAVAILABLE:
                raise
            record = Unreadable(url, str(error).removeprefix(f"{url}: "))
        yield url, changed, record


def _record(answer: http.Response, changed: str | None) -> Record | Unreadable:
    kind = answer.headers.get("content-type", "text/html")
    if "html" not in kind:
        return Unreadable(answer.url, f"not HTML ({kind})")
    page = decode(answer.body, kind)
    if Facts(page).is_list():
        return Unreadable(answer.url, "no article: a front page, an archive or a profile")
    record = record_of(page, answer.url, answer.url)
    if isinstance(record, dict):
        record["updated_at"] = record["updated_at"] or changed
    return record


def _pages(address: str, depth: int, seen: set[str]) -> Iterator[tuple[str, str | None]]:
    """Yield the address of each page, once, and when it changed."""
    for entry in _parsed(http.get(address, most=MAX_BYTES)):
        url = _text(entry, "loc")
        if not url or url in seen:
            continue
        seen.add(url)
        if _name(entry) == "url":
            yield url, _text(entry, "lastmod")
        elif _name(entry) == "sitemap" and depth:
            yield from _pages(url, depth - 1, seen)


def _parsed(answer: http.Response) -> Element:
    try:
        root: Element = fromstring(_unpacked(answer.body), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, zlib.error) as error:
        message = f"{answer.url}: not a sitemap ({type(error).__name__})"
        raise SourceError(message) from error
    if _name(root) not in {"urlset", "sitemapindex"}:
        message = f"{answer.url}: not a sitemap (it is <{_name(root)}>)"
        raise SourceError(message)
    return root


def _unpacked(body: bytes) -> bytes:
    """Return the XML of ``sitemap.xml.gz`` too, up to the protocol's limit: a bomb is cut and no longer parses."""
    xml = b""
    while body.startswith(b"\x1f\x8b") and len(xml) < MAX_BYTES:
        member = zlib.decompressobj(wbits=31)
        xml += member.decompress(body, MAX_BYTES - len(xml))
        body = member.unused_data
    return xml or body


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(entry: Element, name: str) -> str | None:
    return next(((child.text or "").strip() for child in entry if _name(child) == name), None)
