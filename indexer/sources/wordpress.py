"""A WordPress site through its REST API: ``wordpress+https://site/``. Only what everybody may read is read.

Parameters of the address go along with every request: ``wordpress+https://site/?lang=all&categories=3``. The address
of another type of post is read as it is: ``wordpress+https://site/wp-json/wp/v2/news``.
"""

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from indexer.sources import Records, SourceError, Unreadable, http
from models.article import Record
from models.text import html_to_line

PAGE = 100
"""Posts in one answer: the most that WordPress gives."""
SMALL_PAGE = 20
"""What a server is asked for that has not the memory or the time for `PAGE`; a divisor of it."""
EMBEDDED_TERMS = 10
"""Tags that come with a post: the most that WordPress embeds."""
_LANGUAGES = ("lang", "wpml_current_locale", "polylang_current_lang")
"""Where plugins for several languages say a post's."""
_FIELDS = ("id", "title", "content", "link", "date_gmt", "modified_gmt", "tags", *_LANGUAGES, "_links", "_embedded")
_WANTED = {
    "orderby": "id",
    "order": "asc",
    "_embed": "author,wp:featuredmedia,wp:term",
    "_fields": ",".join(_FIELDS),
}

Post = dict[str, Any]
Get = Callable[[str], http.Response]
"""Fetches an address; raises SourceError."""


def read(address: str, get: Get = http.get) -> Records:
    """Yield a record for each published post. Raises SourceError when the site's REST API does not answer."""
    posts = _posts_address(address, get)
    seen: set[str] = set()
    for page in _pages(posts, get):
        for post in page:
            number = str(post.get("id") or "")
            if number and number in seen:
                continue  # a page is read again when posts moved meanwhile
            seen.add(number)
            yield record_of(post, partial(_all_tags, posts, get))


def record_of(post: Post, all_tags: Callable[[str], list[Post]] | None = None) -> Record | Unreadable:
    """Return the record of one post as the API gives it, with or without embedded parts.

    `all_tags` gives the tags of a post by its number: they are asked for when it has more than are embedded.
    """
    number = str(post.get("id") or "")
    try:
        if post.get("content", {}).get("protected"):
            return Unreadable(number, "protected by a password")
        record = _record(post, number)
        if all_tags is not None and len(record["tags"]) == EMBEDDED_TERMS < len(post.get("tags", [])):
            record["tags"] = [html_to_line(tag["name"]) for tag in all_tags(number)]
    except (AttributeError, KeyError, TypeError):
        return Unreadable(number, "not a post as WordPress gives it")
    return record


def _record(post: Post, number: str) -> Record:
    categories = _terms(post, "category")
    return {
        "id": number,
        "title": html_to_line(post.get("title", {}).get("rendered", "")),
        "html": post.get("content", {}).get("rendered", ""),
        "url": post.get("link"),
        "language": next((post[name] for name in _LANGUAGES if isinstance(post.get(name), str)), None),
        "category": categories[0] if categories else None,
        "tags": _terms(post, "post_tag"),
        "author": next((author.get("name") for author in _embedded(post, "author")), None),
        "image_url": next((media.get("source_url") for media in _embedded(post, "wp:featuredmedia")), None),
        "published_at": _in_utc(post.get("date_gmt")),
        "updated_at": _in_utc(post.get("modified_gmt")),
    }


def _posts_address(address: str, get: Get) -> str:
    """Return the address of the posts, up to where parameters follow."""
    parts = urlsplit(address)
    parameters = parse_qsl(parts.query)
    site = parts._replace(query="", fragment="").geturl().rstrip("/")
    if "/wp/v2/" in address:
        return _followed_by_parameters(site, parameters)
    pretty = _followed_by_parameters(f"{site}/wp-json/wp/v2/posts", parameters)
    try:
        _posts(get(f"{pretty}per_page=1"))
    except SourceError as refused:
        # Without pretty permalinks the API stands behind a parameter.
        behind = _followed_by_parameters(f"{site}/", [("rest_route", "/wp/v2/posts"), *parameters])
        try:
            _posts(get(f"{behind}per_page=1"))
        except SourceError:
            raise refused from None
        return behind
    return pretty


def _followed_by_parameters(address: str, parameters: list[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(parameters, safe='/,:')}{'&' if parameters else ''}"


def _pages(posts: str, get: Get) -> Iterator[list[Post]]:
    """Yield the posts of each page, some maybe twice.

    They come in the order of their numbers, so that new ones stand at the end and move nothing. When some are deleted
    meanwhile, those behind move forward, maybe into the page before, which is read again.
    """
    page, last, end, size, total = 1, 1, sys.maxsize, PAGE, 0
    while page <= min(last, end):
        try:
            answer = get(f"{posts}{urlencode({'page': page, 'per_page': size, **_WANTED}, safe=',:')}")
            found = _posts(answer)
        except SourceError as error:
            if page > 1 and str(error).endswith("HTTP 400"):  # WordPress' answer behind the last page
                page = end = page - 1
            elif size > SMALL_PAGE:
                page = last = (page - 1) * (size // SMALL_PAGE) + 1
                size, end = SMALL_PAGE, sys.maxsize
            else:
                raise
            continue
        if not found:
            return
        yield found
        before, total, last = total, _number(answer, "x-wp-total"), _number(answer, "x-wp-totalpages")
        page += -1 if total < before and page > 1 else 1


def _posts(answer: http.Response) -> list[Post]:
    try:
        posts = orjson.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        message = f"{answer.url}: not the REST API of a WordPress site"
        raise SourceError(message) from error
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        message = f"{answer.url}: not a list of posts"
        raise SourceError(message)
    return posts


def _number(answer: http.Response, header: str) -> int:
    stated = answer.headers.get(header, "")
    return int(stated) if re.fullmatch(r"\d{1,9}", stated, re.ASCII) else 0


def _all_tags(posts: str, get: Get, number: str) -> list[Post]:
    tags = re.sub(r"/wp/v2/[^?&]+", "/wp/v2/tags", posts, count=1)
    return _posts(get(f"{tags}{urlencode({'post': number, 'per_page': PAGE, '_fields': 'name'})}"))


def _embedded(post: Post, name: str) -> list[Post]:
    """Return the embedded parts of a kind, without those that WordPress refused."""
    parts = post.get("_embedded", {}).get(name, [])
    return [part for part in parts if isinstance(part, dict) and "code" not in part]


def _terms(post: Post, taxonomy: str) -> list[str]:
    groups = post.get("_embedded", {}).get("wp:term", [])
    found = [term for group in groups if isinstance(group, list) for term in group if term["taxonomy"] == taxonomy]
    return [html_to_line(term["name"]) for term in found]


def _in_utc(moment: str | None) -> str | None:
    return f"{moment}Z" if moment else None
