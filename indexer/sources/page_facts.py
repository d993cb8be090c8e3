"""What a page of HTML says of itself, in tags, Open Graph or JSON-LD: its address, language, dates, section."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import trafilatura
from selectolax.lexbor import LexborHTMLParser

from indexer.sources import http
from models.article import Record
from models.text import shallow

ARTICLES = {
    "Article",
    "BlogPosting",
    "NewsArticle",
    "AnalysisNewsArticle",
    "OpinionNewsArticle",
    "ReportageNewsArticle",
}
LISTS = {"CollectionPage", "ProfilePage", "SearchResultsPage"}
"""Types of schema.org."""
LIST_CLASSES = {"archive", "home", "search"}
"""Classes that WordPress gives to the body of a page that is no post."""
_FAST_DATES = {"extensive_search": False}
"""A date that stands anywhere on the page is no date of the article."""


class Facts:
    """The head of one page, asked by name."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.tree = LexborHTMLParser(shallow(page))
        self.article = next((thing for thing in _linked_data(self.tree) if ARTICLES & _types(thing)), {})

    def meta(self, *names: str) -> str | None:
        """Return the first of the named meta tags that says something."""
        for name in names:
            for tag in self.tree.css(f"meta[property='{name}'], meta[name='{name}'], meta[itemprop='{name}']"):
                if content := (tag.attributes.get("content") or "").strip():
                    return content
        return None

    def stated(self, name: str) -> str | None:
        """Return a property of the article in JSON-LD, the first of several, when it is a string."""
        value = self.article.get(name)
        first = value[0] if isinstance(value, list) and value else value
        return first.strip() or None if isinstance(first, str) else None

    def is_list(self) -> bool:
        """Tell whether the page says that it is a front page, an archive, a profile or results of a search.

        What Open Graph says is no help: many sites call their articles ``website``.
        """
        classes = (self.tree.body.attributes.get("class") or "").split() if self.tree.body is not None else []
        types = {kind for thing in _linked_data(self.tree) for kind in _types(thing)}
        return bool(LIST_CLASSES & set(classes) or LISTS & types) and not self.article


def facts_of(page: str, address: str | None) -> Record:
    """Return the fields of a record that the head of a page gives; `address` is where the page was found, if known."""
    facts = Facts(page)
    head = _head(page)
    category = (
        facts.meta("article:section") or facts.stated("articleSection") or next(iter(head.categories or []), None)
    )
    image = facts.meta("og:image", "twitter:image") or head.image
    return {
        "title": head.title,
        "url": canonical(facts, address) or address,
        "language": _language(facts),
        "category": category.split(",")[0].strip() if category else None,
        "tags": list(dict.fromkeys(tag.strip() for tags in head.tags or [] for tag in tags.split(",") if tag.strip())),
        "author": head.author,
        "image_url": http.joined(address or "", image) if image else None,
        "published_at": facts.meta("article:published_time") or facts.stated("datePublished") or head.date,
        "updated_at": facts.meta("article:modified_time", "og:updated_time") or facts.stated("dateModified"),
    }


def canonical(facts: Facts, address: str | None) -> str | None:
    """Return the canonical address; not that of a front page, which broken themes state for every page."""
    link = facts.tree.css_first("link[rel=canonical][href]")
    stated = (link.attributes.get("href") if link is not None else None) or facts.meta("og:url") or ""
    url = http.joined(address or "", stated.strip())
    if url is None:
        return None
    parts = urlsplit(url)
    return url if parts.scheme in {"http", "https"} and (parts.path.strip("/") or parts.query) else None


def _head(page: str) -> Any:  # noqa: ANN401 - trafilatura's Document
    try:
        return trafilatura.extract_metadata(page, date_config=_FAST_DATES, extensive=False)
    except Exception:  # noqa: BLE001 - it stumbles over dates and addresses that pages make up
        return trafilatura.metadata.Document()


def _language(facts: Facts) -> str | None:
    root = facts.tree.css_first("html[lang]")
    return (root.attributes.get("lang") if root is not None else None) or facts.stated("inLanguage")


def _linked_data(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    """Yield the things that the page describes in JSON-LD."""
    for script in tree.css("script[type='application/ld+json']"):
        try:
            found = orjson.loads(script.text())
        except orjson.JSONDecodeError:
            continue
        for thing in found if isinstance(found, list) else [found]:
            graph = thing.get("@graph") if isinstance(thing, dict) else None
            yield from (part for part in [thing, *(graph if isinstance(graph, list) else [])] if isinstance(part, dict))


def _types(thing: dict[str, Any]) -> set[str]:
    kinds = thing.get("@type")
    return {str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])}
