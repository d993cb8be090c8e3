"""A WordPress site behind HTTP that can go down; a real one is in tests/integration/test_wordpress_site.py."""

import math
from pathlib import Path

import pytest

from indexer import sources
from indexer.parse import parse
from indexer.sources import SourceError, Unreadable
from indexer.sources.kept import KeptRecords
from tests.integration.web_site import Site


def test_a_wordpress_site_without_pretty_permalinks_page_by_page(base: str) -> None:
    records = list(sources.read(f"wordpress+{base}/"))
    assert len(records) == 150
    assert records[1] == Unreadable("2", "protected by a password")
    first = records[0]
    assert isinstance(first, dict)
    assert (first["id"], first["title"], first["category"], first["tags"]) == ("1", "Post ’1", "L&B", ["eau"])
    assert (first["author"], first["image_url"]) == ("Amina", "https://example.org/i.jpg")
    assert (first["published_at"], first["updated_at"]) == ("2026-08-05T10:00:00Z", "2026-08-06T10:00:00Z")
    articles, _rejections = parse(iter(records))
    assert articles[0].text == "Text 1"


def test_a_wordpress_site_that_goes_down_midway_is_not_read_from_the_start_again(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"wordpress+{base}/"
    kept = KeptRecords(tmp_path, address)
    monkeypatch.setattr(Site, "most", 100)
    with pytest.raises(SourceError, match="HTTP 500, 4 times"):
        list(sources.read(address, kept))
    assert len(Site.whole) == 100
    monkeypatch.setattr(Site, "most", math.inf)
    records = list(sources.read(address, kept))
    assert len(records) == 150
    protected = [2]  # not kept: there is no record of it
    assert sorted(Site.whole) == sorted([*range(1, 151), *protected])


@pytest.mark.parametrize("path", ["/html", "/json", "/empty", "/404"])
def test_a_site_that_is_not_wordpress_is_one_line(base: str, path: str) -> None:
    with pytest.raises(SourceError) as refused:
        list(sources.read(f"wordpress+{base}{path}"))
    assert "\n" not in str(refused.value)
