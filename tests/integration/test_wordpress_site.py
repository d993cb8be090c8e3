"""One WordPress site, read in three ways: the same articles, and the same neighbours."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.build import build
from indexer.parse import parse
from indexer.sources import read
from models.article import Article
from models.publish import open_current
from tests.conftest import ROOT, silent
from tests.fakes import FakeEmbedder
from tests.integration.wordpress_site import Site, running_site

TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "×": "x", "″": '"'})
"""WordPress shows typewriter punctuation as typographic; its database and its export hold what was typed."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site(ROOT / "examples" / "articles.jsonl") as running:
        yield running


def compared(article: Article) -> tuple[object, ...]:
    text = " ".join(article.text.translate(TYPOGRAPHY).replace("--", "-").split())
    title = article.title.translate(TYPOGRAPHY).replace("--", "-")
    plain = (article.category, article.tags, article.author, article.url, article.image_url, article.published_at)
    return (article.id, title, text, article.language, *plain)


def test_the_three_ways_give_the_same_articles(site: Site) -> None:
    found = {address: parse(read(address)) for address in (site.rest, site.database, site.export)}
    for articles, rejections in found.values():
        assert len(articles) == 120
        assert set(rejections.rejected) <= {"protected by a password", "not published"}
    rest, database, export = ([compared(article) for article in articles] for articles, _ in found.values())
    assert rest == database
    assert rest == export


def test_the_three_ways_give_the_same_neighbours(site: Site, tmp_path: Path) -> None:
    tables = []
    for place, address in enumerate((site.rest, site.database, site.export)):
        home = tmp_path / str(place)
        build(home, address, FakeEmbedder(), silent)
        tables.append(open_current(home).neighbours)
    for other in tables[1:]:
        np.testing.assert_array_equal(other.rows, tables[0].rows)
        np.testing.assert_allclose(other.similarities, tables[0].similarities, atol=1e-5)
