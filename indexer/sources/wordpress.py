"""A WordPress site through its REST API: ``wordpress+https://site/``. Only what everybody may read is read.

Parameters of the address go along with every request: ``wordpress+https://site/?lang=all&categories=3``. The address
of another type of post is read as it is: ``wordpress+https://site/wp-json/wp/v2/news``.
"""

from collections.abc import Callable, Iterator
from functools import partial

from indexer.sources import Records, Unreadable, http
from indexer.sources.kept import Kept, KeptRecords
from indexer.sources.wordpress_api import (
    LANGUAGES,
    VERSIONS,
    WHOLE,
    Get,
    Post,
    category_names,
    chosen,
    number_of,
    pages_of,
    posts_address,
    tags_of,
    version_of,
)
from models.article import Record
from models.text import html_to_line

EMBEDDED_TERMS = 10
"""Tags that come with a post: the most that WordPress embeds."""

Found = list[tuple[Post, Record | Unreadable]]


def read(address: str, get: Get = http.get) -> Records:
    """Yield a record for each published post. Raises SourceError when the site's REST API does not answer."""
    posts = posts_address(address, get)
    for found in _found(posts, pages_of(posts, get, WHOLE), set(), get):
        yield from (record for _, record in found)


def read_kept(address: str, kept: KeptRecords, get: Get = http.get) -> Records:
    """Yield what `read` does, and fetch whole only the posts that `kept` does not hold as the site has them.

    The site lists the versions of all posts, in a fortieth of the bytes and an eighth of the time (ADR 9).
    """
    posts = posts_address(address, get)
    names = category_names(posts, get)
    seen: set[str] = set()
    known = kept.versions()
    pages = pages_of(posts, get, WHOLE)
    if known:
        listing = (post for page in pages_of(posts, get, VERSIONS) for post in page if number_of(post))
        listed = {number_of(post): version_of(post, names) for post in listing}
        kept.forget(known.keys() - listed.keys())
        for number, record in kept.records([each for each in listed if known.get(each) == listed[each]]):
            seen.add(number)
            yield record
        pages = chosen(posts, get, [number for number in listed if number not in seen])
    for found in _found(posts, pages, seen, get):
        fetched = [(post, record) for post, record in found if isinstance(record, dict) and record["id"]]
        kept.add([Kept(number_of(post), version_of(post, names), record) for post, record in fetched])
        yield from (record for _, record in found)


def record_of(post: Post, all_tags: Callable[[str], list[Post]] | None = None) -> Record | Unreadable:
    """Return the record of one post as the API gives it, with or without embedded parts.

    `all_tags` gives the tags of a post by its number: they are asked for when it has more than are embedded.
    """
    number = number_of(post)
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
        "language": next((post[name] for name in LANGUAGES if isinstance(post.get(name), str)), None),
        "category": categories[0] if categories else None,
        "tags": _terms(post, "post_tag"),
        "author": next((author.get("name") for author in _embedded(post, "author")), None),
        "image_url": next((media.get("source_url") for media in _embedded(post, "wp:featuredmedia")), None),
        "published_at": _in_utc(post.get("date_gmt")),
        "updated_at": _in_utc(post.get("modified_gmt")),
    }


def _found(posts: str, pages: Iterator[list[Post]], seen: set[str], get: Get) -> Iterator[Found]:
    """Yield the posts of each page with their records, each post once; `seen` grows by their numbers."""
    for page in pages:
        found = []
        for post in page:
            number = number_of(post)
            if number and number in seen:
                continue  # a page is read again when posts moved meanwhile
            seen.add(number)
            found.append((post, record_of(post, partial(tags_of, posts, get))))
        yield found


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
