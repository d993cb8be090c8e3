"""Real files of real sites: each is read, or rejected with a reason."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import trafilatura

from indexer.parse import Rejections, parse
from indexer.sources import pages, read, wordpress
from models.article import Article


def articles(address: str) -> tuple[list[Article], Rejections]:
    found, rejections = parse(read(address))
    assert len(found) + sum(rejections.rejected.values()) == rejections.read
    return found, rejections


def test_wordpress_exports(shared: Path) -> None:
    for path in sorted((shared / "fixtures" / "wordpress" / "wxr").glob("*.xml")):
        found, rejections = articles(f"wxr:{path}")
        assert found, path.name
        assert set(rejections.rejected) <= {"not published", "protected by a password", "title, text: both empty"}
        assert not any("[gallery" in article.text for article in found)


def test_wordpress_rest_answers(shared: Path) -> None:
    path = shared / "fixtures" / "wordpress" / "rest_api" / "izquierdahispanica_posts.json"
    posts = json.loads(path.read_text(encoding="utf-8"))
    found, rejections = parse(map(wordpress.record_of, posts))
    assert len(found) == len(posts)
    assert not rejections.rejected
    assert all(article.language == "es" or len(article.text) < 200 for article in found)
    assert all(article.published_at for article in found)


def test_feeds(shared: Path) -> None:
    for path in sorted((shared / "fixtures" / "wordpress" / "rss").glob("*.xml")):
        found, rejections = articles(f"feed:{path}")
        assert not rejections.rejected
        assert bool(found) == ("no_items" not in path.name)


def test_pages(shared: Path) -> None:
    for folder in ("html_pages/ar", "html_pages/fr", "html_pages/es", "html_pages/en", "wordpress/html_wp"):
        found, rejections = articles(f"html:{shared / 'fixtures' / folder}")
        assert len(found) >= 2
        assert set(rejections.rejected) <= {"no main text was found on the page"}
        assert sum(rejections.rejected.values()) <= 1


def kept_and_dropped(shared: Path, extract: Callable[[bytes], str]) -> tuple[float, float]:
    """Return the share of marked text that is kept and of marked boilerplate that is dropped."""
    folder = shared / "fixtures" / "html_pages"
    kept, dropped = [], []
    for marks in json.loads((folder / "trafilatura_evaldata_subset.json").read_text(encoding="utf-8")).values():
        for path in folder.glob(f"*/{marks['file']}"):
            text = extract(path.read_bytes())
            kept += [part in text for part in marks["with"]]
            dropped += [part not in text for part in marks["without"]]
    return sum(kept) / len(kept), sum(dropped) / len(dropped)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_main_text_keeps_the_article_and_drops_what_stands_around_it(shared: Path) -> None:
    kept, dropped = kept_and_dropped(shared, pages.main_text)
    assert kept >= 0.95
    assert dropped >= 0.95
    plain = kept_and_dropped(shared, lambda page: trafilatura.extract(page, include_comments=False) or "")
    assert kept + dropped > sum(plain)
