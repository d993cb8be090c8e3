"""A WordPress site through its database: ``wpdb+mysql+pymysql://user:password@host/database?prefix=wp_``.

Gives the records that the REST API gives, without the site having to answer requests. Posts are read some hundreds at
a time, each time from where the last ended: no query lasts, and none holds the database up.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, inspect, text
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import ArgumentError

from indexer.sources import Records, SourceError, Unreadable
from indexer.sources.sql import connected, parsed, shown
from indexer.sources.wxr import content_html
from models.article import Record
from models.text import html_to_line

PREFIX = "wp_"
PAGE = 500
"""Posts in one query."""

_POSTS = """
SELECT p.ID AS id, p.post_title, p.post_content, p.post_password, p.post_name, p.post_date, p.post_date_gmt,
       p.post_modified, p.post_modified_gmt, u.display_name, u.user_nicename
  FROM {p}posts p LEFT JOIN {network}users u ON u.ID = p.post_author
 WHERE p.post_type = 'post' AND p.post_status = 'publish' AND p.ID > :after
 ORDER BY p.ID LIMIT :page
"""
_TERMS = """
SELECT r.object_id AS post, x.taxonomy, t.term_id, t.name, t.slug
  FROM {p}term_relationships r JOIN {p}term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id
  JOIN {p}terms t ON t.term_id = x.term_id
 WHERE r.object_id IN :posts AND x.taxonomy IN ('category', 'post_tag', 'language')
 ORDER BY t.name
"""
_IMAGES = """
SELECT m.post_id AS post, a.guid, f.meta_value AS uploaded
  FROM {p}postmeta m JOIN {p}posts a ON a.ID = CAST(m.meta_value AS UNSIGNED)
  LEFT JOIN {p}postmeta f ON f.post_id = a.ID AND f.meta_key = '_wp_attached_file'
 WHERE m.post_id IN :posts AND m.meta_key = '_thumbnail_id'
"""
_WPML = """
SELECT element_id AS post, language_code
  FROM {p}icl_translations WHERE element_type = 'post_post' AND element_id IN :posts
"""
_OPTIONS = """
SELECT option_name AS name, option_value AS value
  FROM {p}options WHERE option_name IN ('home', 'siteurl', 'permalink_structure', 'upload_url_path')
"""
_CATEGORIES = """
SELECT t.term_id AS term, t.slug, x.parent
  FROM {p}terms t JOIN {p}term_taxonomy x ON x.term_id = t.term_id WHERE x.taxonomy = 'category'
"""
_NAMES = ("year", "monthnum", "day", "hour", "minute", "second")

Rows = Sequence[RowMapping]


@dataclass(frozen=True)
class Site:
    """What holds for every post: options by name, and each category's slug and parent's number by its own."""

    prefix: str
    options: Mapping[str, str]
    categories: Mapping[int, tuple[str, int]]
    has_wpml: bool


@dataclass(frozen=True)
class Around:
    """What other tables say of some posts, by the number of the post."""

    terms: Mapping[int, Rows]
    images: Mapping[int, Rows]
    languages: Mapping[int, Rows]


def read(address: str) -> Records:
    """Yield a record for each published post. Raises SourceError, which never holds the password."""
    url, prefix = _parts(address)
    with connected(url) as connection:
        site = _site(connection, prefix)
        for posts in _pages(connection, prefix):
            around = _around(connection, site, [post["id"] for post in posts])
            for post in posts:
                yield record_of(post, around, site)


def record_of(post: RowMapping, around: Around, site: Site) -> Record | Unreadable:
    """Return the record of one row of the table of posts."""
    number: int = post["id"]
    if post["post_password"]:
        return Unreadable(str(number), "protected by a password")
    terms = around.terms.get(number, [])
    categories = [row for row in terms if row["taxonomy"] == "category"]
    languages = [row["slug"] for row in terms if row["taxonomy"] == "language"]
    languages += [row["language_code"] for row in around.languages.get(number, [])]
    return {
        "id": str(number),
        "title": html_to_line(post["post_title"]),
        "html": content_html(post["post_content"]),
        "url": _link(post, [row["term_id"] for row in categories], site),
        "language": next(iter(languages), None),
        "category": next((html_to_line(row["name"]) for row in categories), None),
        "tags": [html_to_line(row["name"]) for row in terms if row["taxonomy"] == "post_tag"],
        "author": post["display_name"],
        "image_url": next((_image(row, site) for row in around.images.get(number, [])), None),
        "published_at": _moment(post["post_date_gmt"], post["post_date"]),
        "updated_at": _moment(post["post_modified_gmt"], post["post_modified"]),
    }


def _parts(address: str) -> tuple[str, str]:
    """Return the database's address and the prefix of its tables."""
    try:
        url = parsed(address)
    except ArgumentError as error:
        message = f"{shown(address)}: {error}"
        raise SourceError(message) from error
    prefix = str(url.query.get("prefix", PREFIX))
    if re.fullmatch(r"\w*", prefix, re.ASCII) is None:
        message = f"the table prefix {prefix!r} is not made of letters, digits and underscores"
        raise SourceError(message)
    return url.difference_update_query(["prefix"]).render_as_string(hide_password=False), prefix


def _site(connection: Connection, prefix: str) -> Site:
    options = {row["name"]: row["value"] for row in _rows(connection, _OPTIONS, prefix, {})}
    categories = {row["term"]: (row["slug"], row["parent"]) for row in _rows(connection, _CATEGORIES, prefix, {})}
    return Site(prefix, options, categories, inspect(connection).has_table(f"{prefix}icl_translations"))


def _pages(connection: Connection, prefix: str) -> Iterator[Rows]:
    posts = _rows(connection, _POSTS, prefix, {"after": 0, "page": PAGE})
    while posts:
        yield posts
        posts = _rows(connection, _POSTS, prefix, {"after": posts[-1]["id"], "page": PAGE})


def _around(connection: Connection, site: Site, posts: Sequence[int]) -> Around:
    def by_post(query: str) -> Mapping[int, Rows]:
        found: dict[int, list[RowMapping]] = defaultdict(list)
        for row in _rows(connection, query, site.prefix, {"posts": posts}):
            found[row["post"]].append(row)
        return found

    return Around(by_post(_TERMS), by_post(_IMAGES), by_post(_WPML) if site.has_wpml else {})


def _rows(connection: Connection, query: str, prefix: str, parameters: Mapping[str, object]) -> Rows:
    """Return the rows of a query; the sites of a network, ``wp_2_``, share the users of ``wp_``."""
    statement = text(query.format(p=prefix, network=re.sub(r"(?<=_)\d+_$", "", prefix)))
    if "posts" in parameters:
        statement = statement.bindparams(bindparam("posts", expanding=True))
    return connection.execute(statement, parameters).mappings().all()


def _link(post: RowMapping, categories: Sequence[int], site: Site) -> str:
    """Return a post's address as WordPress' own `get_permalink` makes it."""
    path = site.options.get("permalink_structure", "")
    known = {
        **dict(zip(_NAMES, re.split(r"\D", str(post["post_date"])), strict=False)),
        "postname": post["post_name"],
        "post_id": str(post["id"]),
        "author": post["user_nicename"],
        "category": _category_path(min(categories, default=0), site.categories),
    }
    names = re.findall(r"%(\w+)%", path)
    if not path or not all(known.get(name) for name in names):
        path = f"/?p={post['id']}"
    return site.options.get("home", "") + re.sub(r"%(\w+)%", lambda name: str(known[name[1]]), path)


def _category_path(number: int, categories: Mapping[int, tuple[str, int]]) -> str:
    slugs: list[str] = []
    while number in categories and len(slugs) < len(categories):
        slug, number = categories[number]
        slugs.insert(0, slug)
    return "/".join(slugs)


def _image(row: RowMapping, site: Site) -> str:
    """Return an image's address as `wp_get_attachment_url` makes it; the sites of a network have a folder each."""
    if not row["uploaded"]:
        return str(row["guid"])
    number = re.search(r"_(\d+)_$", site.prefix)
    usual = f"{site.options.get('siteurl', '')}/wp-content/uploads{f'/sites/{number[1]}' if number else ''}"
    return f"{site.options.get('upload_url_path') or usual}/{row['uploaded']}"


def _moment(in_utc: object, local: object) -> str | None:
    """Return the moment that a row states; old imports left the one in UTC empty: ``0000-00-00``."""
    stated = next((str(moment) for moment in (in_utc, local) if moment and not str(moment).startswith("0000")), None)
    return stated and f"{stated.replace(' ', 'T')}Z"
