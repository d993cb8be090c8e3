"""A site through its sitemap: ``sitemap+https://site/sitemap.xml``. Each page is fetched and its main text taken."""

import gzip
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from indexer.sources import Records, SourceError, Unreadable, http, pages

MOST_NESTED = 3
"""A sitemap of sitemaps of sitemaps is deep enough."""

Get = Callable[[str], http.Response]


def read(address: str, get: Get = http.get) -> Records:
    """Yield a record for each page of the sitemap; a page that cannot be fetched costs only itself."""
    for url, changed in _pages(address, get, MOST_NESTED):
        try:
            record = pages.record_of(get(url).body, url)
        except SourceError as error:
            yield Unreadable(url, str(error).removeprefix(f"{url}: "))
            continue
        if isinstance(record, dict):
            record.update(id=record["url"] or url, url=record["url"] or url, updated_at=changed)
        yield record


def _pages(address: str, get: Get, depth: int) -> Iterator[tuple[str, str | None]]:
    """Yield the address of each page and when it changed."""
    root = _parsed(get(address))
    for entry in root:
        url = _text(entry, "loc")
        if url and _name(entry) == "url":
            yield url, _text(entry, "lastmod")
        elif url and _name(entry) == "sitemap" and depth:
            yield from _pages(url, get, depth - 1)


def _parsed(answer: http.Response) -> Element:
    body = gzip.decompress(answer.body) if answer.body.startswith(b"\x1f\x8b") else answer.body
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        message = f"{answer.url}: not a sitemap ({type(error).__name__})"
        raise SourceError(message) from error
    if _name(root) not in {"urlset", "sitemapindex"}:
        message = f"{answer.url}: not a sitemap (it is <{_name(root)}>)"
        raise SourceError(message)
    return root


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(entry: Element, name: str) -> str | None:
    return next(((child.text or "").strip() for child in entry if _name(child) == name), None)
