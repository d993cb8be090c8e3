"""A WordPress site through its REST API: ``wordpress+https://site/``. Only what everybody may read is read."""

import html
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from indexer.sources import Records, SourceError, Unreadable, http
from models.article import Record

PAGE = 100
"""Posts in one answer: the most that WordPress gives."""
_WANTED = {"per_page": PAGE, "orderby": "id", "order": "asc", "_embed": "author,wp:featuredmedia,wp:term"}

Get = Callable[[str], http.Response]


def read(address: str, get: Get = http.get) -> Records:
    """Yield a record for each published post, in the order of their numbers."""
    posts = _posts_address(address, get)
    for page in _pages(posts, get):
        yield from map(record_of, page)


def record_of(post: dict[str, Any]) -> Record | Unreadable:
    """Return the record of one post as the API gives it, with or without embedded parts."""
    number = str(post.get("id", ""))
    if post.get("content", {}).get("protected"):
        return Unreadable(number, "protected by a password")
    categories, tags = _terms(post, "category"), _terms(post, "post_tag")
    return {
        "id": number,
        "title": html.unescape(post.get("title", {}).get("rendered", "")),
        "html": post.get("content", {}).get("rendered", ""),
        "url": post.get("link"),
        "language": post.get("lang"),
        "category": categories[0] if categories else None,
        "tags": tags,
        "author": next((author.get("name") for author in _embedded(post, "author")), None),
        "image_url": next((media.get("source_url") for media in _embedded(post, "wp:featuredmedia")), None),
        "published_at": _in_utc(post.get("date_gmt")),
        "updated_at": _in_utc(post.get("modified_gmt")),
    }


def _posts_address(address: str, get: Get) -> str:
    """Return the address of the posts; sites without pretty permalinks have the API behind a parameter."""
    site = address.rstrip("/")
    pretty = f"{site}/wp-json/wp/v2/posts"
    try:
        _posts(get(f"{pretty}?per_page=1"))
    except SourceError as refused:
        plain = f"{site}/?rest_route=/wp/v2/posts"
        try:
            _posts(get(f"{plain}&per_page=1"))
        except SourceError:
            raise refused from None
        return plain
    return pretty


def _pages(posts: str, get: Get) -> Iterator[list[dict[str, Any]]]:
    """Yield the posts of each page. In the order of their numbers, new posts come at the end and shift nothing."""
    joint = "&" if urlsplit(posts).query else "?"
    page, last = 0, 1
    while page < last:
        page += 1
        answer = get(f"{posts}{joint}{urlencode({**_WANTED, 'page': page})}")
        last = int(answer.headers.get("x-wp-totalpages", "1"))
        yield _posts(answer)


def _posts(answer: http.Response) -> list[dict[str, Any]]:
    try:
        posts = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        message = f"{answer.url}: not the REST API of a WordPress site"
        raise SourceError(message) from error
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        message = f"{answer.url}: not a list of posts"
        raise SourceError(message)
    return posts


def _embedded(post: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = post.get("_embedded", {}).get(name, [])
    return [part for part in parts if isinstance(part, dict) and "code" not in part]


def _terms(post: dict[str, Any], taxonomy: str) -> list[str]:
    groups = post.get("_embedded", {}).get("wp:term", [])
    found = [term for group in groups for term in group if term.get("taxonomy") == taxonomy]
    return [html.unescape(term["name"]) for term in found]


def _in_utc(moment: str | None) -> str | None:
    return f"{moment}Z" if moment else None
