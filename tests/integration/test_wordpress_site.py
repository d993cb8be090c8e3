"""One WordPress site, read in three ways: the same articles, and the same neighbours."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from indexer.build import build
from indexer.embedders import fastest
from indexer.parse import parse
from indexer.sources import SourceError, read
from indexer.sources.sql import connected
from models.article import Article
from models.embedder import MAX_TOKENS
from models.publish import open_current
from models.weights import Weights
from tests.conftest import silent
from tests.integration.wordpress_site import CORPUS, PASSWORD, Site

TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "×": "x", "″": '"'})
"""WordPress shows typewriter punctuation as typographic; its database and its export hold what was typed."""
CLASSIC = """Un "paragraphe" -- l'eau...\r
sur deux lignes\r
\r
[caption id="attachment_6" width="300"]<img src="https://example.org/i.jpg"> La légende[/caption]

[gallery ids="1,2"]
Du maire [sic] : <a href="https://example.org">« non »</a> [ndlr : en 2024], 5 < 6 &amp; 7
<ul>
<li>un</li>
<li>deux</li>
</ul>
<pre>
  code

  encore
</pre><!--more-->
<table><tr><td>a</td><td>b</td></tr></table><!--nextpage-->page deux"""
BLOCKS = """<!-- wp:paragraph {"align":"left"} -->
<p>Un
paragraphe</p>
<!-- /wp:paragraph -->

<!-- wp:image {"id":5} -->
<figure class="wp-block-image"><img src="https://example.org/a.jpg" alt=""/><figcaption>Légende</figcaption></figure>
<!-- /wp:image -->

<!-- wp:list --><ul><li>un</li><li>deux</li></ul><!-- /wp:list -->
<!-- wp:shortcode -->
[gallery ids="1"]
<!-- /wp:shortcode -->"""
HARD: list[dict[str, Any]] = [
    {"title": 'Brèves -- "l\'eau"...', "html": CLASSIC, "tags": ["a&b", 'x"y'], "category": ["Monde", "L&B"]},
    {"title": "<em>Q</em> &amp; A", "html": BLOCKS, "tags": [f"tag {n:02}" for n in range(13)], "upload": "2026/é.jpg"},
    {"title": "مقال", "html": '<div dir="rtl">الأول</div>\n\nالثاني: "نص"\nسطر', "tags": ["ماء"]},
    {"title": "Seulement un titre", "html": ""},
    {"title": "", "html": "Texte sans titre", "published_at": "2025-12-31T23:59:59+02:00"},
    {"title": "Protégé", "html": "secret", "password": "p"},
    {"title": "Brouillon", "html": "x", "status": "draft"},
    {"title": "Privé", "html": "x", "status": "private"},
    {"title": "Demain", "html": "x", "published_at": "2099-01-01T00:00:00Z"},
    {"title": "Page", "html": "x", "type": "page"},
]


@pytest.fixture
def harder_site(site: Site) -> Iterator[Site]:
    usual = {"category": "Monde", "tags": [], "author": "Amina"}
    with site.with_posts([{**usual, **post, "id": str(number)} for number, post in enumerate(HARD, start=2001)]):
        yield site


def in_typewriter(line: str) -> str:
    return " ".join(line.translate(TYPOGRAPHY).replace("--", "-").split())


def told(article: Article) -> tuple[object, ...]:
    """Return what an article tells: all that WordPress has a place for."""
    words = (in_typewriter(article.title), in_typewriter(article.text), article.category, sorted(article.tags))
    return (article.id, *words, article.author, article.published_at)


def shown(article: Article) -> tuple[object, ...]:
    """Return what all three ways must agree in."""
    return (*told(article), article.tags, article.language, article.url, article.image_url)


def test_the_three_ways_give_the_articles_of_the_corpus(site: Site) -> None:
    expected, _ = parse(iter(CORPUS))
    rest, rejections = parse(read(site.rest))
    assert [told(article) for article in rest] == [told(article) for article in expected]
    images = {article.id: article.image_url for article in expected}
    assert {article.id: article.image_url for article in rest} == images
    assert len(set(images.values())) > 50
    assert rejections.rejected == {}
    for address in (site.database, site.export):
        articles, rejections = parse(read(address))
        assert [shown(article) for article in articles] == [shown(article) for article in rest]
        assert (rejections.rejected, rejections.repaired) == ({}, {})


def test_the_three_ways_give_the_same_neighbours(site: Site, default_weights: Weights, tmp_path: Path) -> None:
    embedder = fastest(default_weights, MAX_TOKENS)
    tables = []
    for place, address in enumerate((site.rest, site.database, site.export)):
        home = tmp_path / str(place)
        build(home, address, embedder, silent)
        tables.append(open_current(home).neighbours)
    assert len(tables[0].rows) == len(CORPUS)
    for other in tables[1:]:
        np.testing.assert_array_equal(other.rows, tables[0].rows)
        np.testing.assert_allclose(other.similarities, tables[0].similarities, atol=1e-5)


def test_posts_as_editors_make_them(harder_site: Site) -> None:
    rest, database, export = (parse(read(a)) for a in (harder_site.rest, harder_site.database, harder_site.export))
    assert [shown(article) for article in database[0]] == [shown(article) for article in rest[0]]
    assert [shown(article) for article in export[0]] == [shown(article) for article in rest[0]]
    for _, rejections in (rest, database, export):
        assert rejections.rejected["protected by a password"] == 1
    found = {article.id: article for article in rest[0] if article.id > "2000"}
    assert sorted(found) == ["2001", "2002", "2003", "2004", "2005"]
    assert "[sic]" in found["2001"].text
    assert "[ndlr : en 2024], 5 < 6 & 7" in found["2001"].text
    assert not any(word in found["2001"].text for word in ("gallery", "caption", "href"))
    assert (found["2002"].title, len(found["2002"].tags)) == ("Q & A", 13)
    assert found["2002"].image_url == f"{harder_site.url}/wp-content/uploads/2026/é.jpg"


def query(site: Site, select: str) -> str:
    return f"sql+{site.database.removeprefix('wpdb+').partition('?')[0]}#{select}"


def test_any_query_to_the_database(site: Site) -> None:
    select = "SELECT ID AS id, post_title AS title, post_date_gmt AS published_at FROM news_posts"
    articles, _ = parse(read(query(site, f"{select} WHERE post_type = 'post' AND post_title LIKE '%مياه البحر%' # :x")))
    expected, _ = parse(record for record in CORPUS if "مياه البحر" in record["title"])
    assert [article.published_at for article in articles] == [article.published_at for article in expected]
    assert [article.title for article in articles] == [article.title for article in expected]


def test_what_goes_wrong_is_one_line_without_the_password(site: Site) -> None:
    escaped = PASSWORD.replace("%", "%25")
    wrong = {
        site.database.replace(escaped, "wr0ng"): "Access denied for user 'site'@",
        site.database.replace("news_", "other_"): "Table 'site.other_options' doesn't exist",
        site.database.replace("/site?", "/nowhere?"): "Access denied for user 'site'@",
        query(site, "SELECT ID AS id FROM nothing"): "Table 'site.nothing' doesn't exist",
        query(site, "SELECT missing AS id FROM news_posts"): "Unknown column 'missing'",
        query(site, "SELECT ID FROM news_posts"): "no fields of a record: ID",
    }
    for address, reason in wrong.items():
        with pytest.raises(SourceError) as refused:
            list(read(address))
        assert reason in str(refused.value)
        assert not any(part in str(refused.value) for part in ("\n", PASSWORD, escaped, "wr0ng"))


def test_the_database_cannot_be_written_to(site: Site) -> None:
    url = query(site, "").removeprefix("sql+").rstrip("#")
    with pytest.raises(SourceError, match="READ ONLY transaction"), connected(url) as connection:
        connection.execute(text("DELETE FROM news_posts"))
