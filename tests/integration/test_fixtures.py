"""Real files of real sites: each is read, or rejected with a reason."""

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import trafilatura

from indexer.parse import Rejections, parse
from indexer.sources import SourceError, http, read, wordpress
from indexer.sources.encoding import decode
from indexer.sources.main_text import main_text
from models.article import Article
from models.text import clean


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


@pytest.mark.parametrize("name", ["pages", "media", "root_index", "v2_index"])
def test_other_rest_answers_are_read_or_refused_in_one_line(shared: Path, name: str) -> None:
    path = shared / "fixtures" / "wordpress" / "rest_api" / f"izquierdahispanica_{name}.json"

    def get(url: str) -> http.Response:
        return http.Response(url, {}, path.read_bytes())

    if "index" in name:
        with pytest.raises(SourceError, match=r"not a list of posts$"):
            list(wordpress.read("https://example.org/", get))
    else:
        found, rejections = parse(wordpress.read("https://example.org/", get))
        assert len(found) + sum(rejections.rejected.values()) == rejections.read > 0


def test_lines(shared: Path) -> None:
    found, rejections = articles(str(shared / "fixtures" / "wordpress" / "izquierdahispanica_articles.jsonl"))
    assert found
    assert set(rejections.rejected) <= {"title, text: both empty"}


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


Extract = Callable[[str], str | None]


def kept_and_dropped(shared: Path, extract: Extract) -> tuple[float, float]:
    """Return the share of marked text that is kept and of marked boilerplate that is dropped."""
    folder = shared / "fixtures" / "html_pages"
    kept, dropped = [], []
    for marks in json.loads((folder / "trafilatura_evaldata_subset.json").read_text(encoding="utf-8")).values():
        for path in folder.glob(f"*/{marks['file']}"):
            text = clean(extract(decode(path.read_bytes())) or "")
            kept += [clean(part) in text for part in marks["with"]]
            dropped += [clean(part) not in text for part in marks["without"]]
    assert len(kept) > 150
    return sum(kept) / len(kept), sum(dropped) / len(dropped)


def test_main_text_keeps_the_article_and_drops_what_stands_around_it(
    shared: Path, record_property: Callable[[str, object], None]
) -> None:
    as_it_comes: Extract = functools.partial(trafilatura.extract, include_comments=False)
    precise: Extract = functools.partial(trafilatura.extract, include_comments=False, favor_precision=True)
    kept, dropped = kept_and_dropped(shared, main_text)
    assert kept >= 0.95
    assert dropped >= 0.95
    for name, extract in {"as it comes": as_it_comes, "favouring precision": precise}.items():
        plain_kept, plain_dropped = kept_and_dropped(shared, extract)
        record_property(f"trafilatura {name}: kept, dropped", (plain_kept, plain_dropped))
        assert kept > plain_kept
        assert dropped > plain_dropped
    record_property("Silah: kept, dropped", (kept, dropped))
