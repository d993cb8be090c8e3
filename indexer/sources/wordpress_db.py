"""A WordPress site through its database: ``wpdb+mysql+pymysql://user:password@host/database?prefix=wp_``.

Gives the records that the REST API gives, without the site having to answer requests.
"""

from sqlalchemy.engine import make_url

from indexer.sources import Records, SourceError
from indexer.sources.sql import record_of, rows
from indexer.sources.wxr import content_html

PREFIX = "wp_"

_TERMS = """
    (SELECT group_concat(t.name ORDER BY t.name SEPARATOR '|')
       FROM {p}term_relationships r
       JOIN {p}term_taxonomy x ON x.term_taxonomy_id = r.term_taxonomy_id AND x.taxonomy = '{taxonomy}'
       JOIN {p}terms t ON t.term_id = x.term_id
      WHERE r.object_id = p.ID)
"""
_QUERY = """
SELECT p.ID AS id, p.post_title AS title, p.post_content AS html, u.display_name AS author,
       p.post_date_gmt AS published_at, p.post_modified_gmt AS updated_at, {categories} AS category, {tags} AS tags,
       concat((SELECT option_value FROM {p}options WHERE option_name = 'home'), '/?p=', p.ID) AS url,
       (SELECT a.guid FROM {p}postmeta m JOIN {p}posts a ON a.ID = m.meta_value
         WHERE m.post_id = p.ID AND m.meta_key = '_thumbnail_id' LIMIT 1) AS image_url
  FROM {p}posts p LEFT JOIN {p}users u ON u.ID = p.post_author
 WHERE p.post_type = 'post' AND p.post_status = 'publish' AND p.post_password = ''
 ORDER BY p.ID
"""


def read(address: str) -> Records:
    """Yield a record for each published post."""
    url = make_url(address)
    prefix = str(url.query.get("prefix", PREFIX))
    if not prefix.isidentifier():
        message = f"the table prefix {prefix!r} is not made of letters, digits and underscores"
        raise SourceError(message)
    parts = {name: _TERMS.format(p=prefix, taxonomy=taxonomy) for name, taxonomy in _TAXONOMIES.items()}
    query = _QUERY.format(p=prefix, **parts)
    plain = url.difference_update_query(["prefix"]).render_as_string(hide_password=False)
    for row in rows(plain, query):
        record = record_of(row)
        record["html"] = content_html(record["html"] or "")
        record["category"] = (record["category"] or "").split("|")[0] or None
        yield record


_TAXONOMIES = {"categories": "category", "tags": "post_tag"}
