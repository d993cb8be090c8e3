"""How a WordPress site is asked through its REST API: where it stands, page by page, in bearable portions."""

import hashlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from indexer.sources import SourceError, http

PAGE = 100
"""Posts in one answer: the most that WordPress gives."""
SMALL_PAGE = 20
"""What a server is asked for that has not the memory or the time for `PAGE`; a divisor of it."""
LANGUAGES = ("lang", "wpml_current_locale", "polylang_current_lang")
"""Where plugins for several languages say a post's."""
VERSION = ("id", "link", "modified_gmt", "author", "featured_media", "categories", "tags", *LANGUAGES)
"""What tells that a post changed. Its address and its terms may change without its being modified."""
_IN_ORDER = {"orderby": "id", "order": "asc"}
VERSIONS = {**_IN_ORDER, "_fields": ",".join(VERSION)}
NAMES = {**_IN_ORDER, "_fields": "id,name"}
WHOLE = {
    **_IN_ORDER,
    "_embed": "author,wp:featuredmedia,wp:term",
    "_fields": ",".join((*VERSION, "title", "content", "date_gmt", "_links", "_embedded")),
}
"""What a page is asked for."""

Post = dict[str, Any]
Get = Callable[[str], http.Response]
"""Fetches an address; raises SourceError."""


def posts_address(address: str, get: Get) -> str:
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


def pages_of(posts: str, get: Get, wanted: Mapping[str, str]) -> Iterator[list[Post]]:
    """Yield the posts of each page, some maybe twice.

    They come in the order of their numbers, so that new ones stand at the end and move nothing. When some are deleted
    meanwhile, those behind move forward, maybe into the page before, which is read again: once for each total, as
    caches may tell an older and a newer one in turns for ever. Raises SourceError when more may follow, and the site
    does not say so.
    """
    page, last, end, size, total = 1, 1, sys.maxsize, PAGE, 0
    turned: set[int] = set()
    while page <= min(last, end):
        try:
            answer = get(f"{posts}{urlencode({'page': page, 'per_page': size, **wanted}, safe=',:')}")
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
        if not last and len(found) == size:
            message = f"{answer.url}: a whole page of posts, and no X-WP-TotalPages that says how many there are"
            raise SourceError(message)
        back = page > 1 and total < before and total not in turned
        turned.update([total] if back else [])
        page += -1 if back else 1


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


def chosen(posts: str, get: Get, numbers: Sequence[str]) -> Iterator[list[Post]]:
    """Yield the posts that have these numbers; of a site that does not know how to choose, the pages of all."""
    size, start = PAGE, 0
    while start < len(numbers):
        some = numbers[start : start + size]
        try:
            asked = urlencode({"include": ",".join(some), "per_page": size, **WHOLE}, safe=",:")
            answer = get(f"{posts}{asked}")
            found = _posts(answer)
        except SourceError:
            if size <= SMALL_PAGE:
                raise
            size = SMALL_PAGE
            continue
        if not {number_of(post) for post in found} <= set(some):
            yield from pages_of(posts, get, WHOLE)
            return
        if 0 < len(found) < min(_number(answer, "x-wp-total"), len(some)):
            size = len(found)  # themes and hosts let a page hold less than was asked for, and do not say so
            continue
        yield found
        start += size


def category_names(posts: str, get: Get) -> dict[str, object]:
    """Return the name of each category by its number; of a site that does not tell, none."""
    try:
        pages = list(pages_of(_beside(posts, "categories"), get, NAMES))
    except http.UnavailableError:
        raise
    except SourceError:
        return {}
    return {number_of(category): category.get("name") for page in pages for category in page}


def version_of(post: Post, names: Mapping[str, object]) -> str:
    """Return a checksum of what a post shows that the site tells without giving it whole."""
    numbers = post.get("categories")
    named = [names.get(str(number)) for number in numbers] if isinstance(numbers, list) else []
    told = orjson.dumps([[post.get(name) for name in VERSION], named])
    return hashlib.blake2b(told, digest_size=16).hexdigest()


def tags_of(posts: str, get: Get, number: str) -> list[Post]:
    """Return the tags of the post that has this number, at most a hundred."""
    return _posts(get(f"{_beside(posts, 'tags')}{urlencode({'post': number, 'per_page': PAGE, '_fields': 'name'})}"))


def _beside(posts: str, route: str) -> str:
    return re.sub(r"/wp/v2/[^?&]+", f"/wp/v2/{route}", posts, count=1)


def number_of(post: Post) -> str:
    """Return the number of a post or a term; empty when it has none."""
    return str(post.get("id") or "")
