from pathlib import Path

import numpy as np
import pytest
from selectolax.lexbor import LexborHTMLParser

from indexer import report, report_map
from indexer.report import ReportError
from models.publish import open_current
from models.snapshot import Snapshot
from tests.conftest import Builder

HOSTILE = '"><script>alert(1)</script>'
COPY = "the harbour council of the old town met on monday to discuss the new quay and its cost for the fishermen"
RECORDS = [
    {"id": "1", "title": f"sea {HOSTILE}", "text": "sea", "language": "en", "published_at": "2026-01-01"},
    {"id": "2", "title": "sea \u202egnol", "text": "sea rain", "language": "en", "published_at": "2026-02-01"},
    {"id": "3", "title": "مدرسة", "text": "school", "language": "ar", "category": "education"},
    {"id": "4", "title": "school", "text": "school", "language": "fr", "url": "javascript:alert(1)"},
    {"id": "5", "title": "the quay", "text": COPY, "language": "en", "url": "https://example.org/5?a=1&b=2"},
    {"id": "6", "title": "the quay", "text": f"{COPY} again", "language": "en"},
]


@pytest.fixture(name="page")
def page_of_a_hostile_site(build_records: Builder, home: Path) -> str:
    build_records(RECORDS)
    return report.render(open_current(home))


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    tree = LexborHTMLParser(page)
    assert not tree.css("script, link, img, iframe")
    assert "url(" not in page
    assert "@import" not in page


def test_hostile_titles_are_text_and_scripts_are_no_links(page: str) -> None:
    tree = LexborHTMLParser(page)
    assert tree.body is not None
    assert HOSTILE in tree.body.text()
    assert "\u202e" not in page
    links = {link.attributes["href"] or "" for link in tree.css("a")}
    assert "https://example.org/5?a=1&b=2" in links
    assert all(link.startswith(("#", "https://example.org/")) for link in links)


def test_titles_say_their_language_and_find_their_direction(page: str) -> None:
    arabic = [node for node in LexborHTMLParser(page).css("[lang=ar]") if "مدرسة" in node.text()]
    assert arabic
    assert all(node.attributes.get("dir") in {"rtl", "auto"} for node in arabic)


def test_the_figures_are_there(page: str) -> None:
    text = LexborHTMLParser(page).body.text()  # type: ignore[union-attr]
    for shown in ("6 articles", "education", "the quay", "2026-01-01", "fake"):
        assert shown in text


def test_every_plot_says_what_it_shows(page: str) -> None:
    plots = LexborHTMLParser(page).css("svg[role=img]")
    assert len(plots) >= 5
    assert all(plot.attributes.get("aria-label") or plot.css("title") for plot in plots)


@pytest.mark.parametrize("count", [1, 2])
def test_a_site_of_hardly_any_articles_has_a_report_too(build_records: Builder, home: Path, count: int) -> None:
    build_records(RECORDS[:count])
    assert "</html>" in report.render(open_current(home))


def test_the_map_is_the_same_each_time_and_inside_its_frame() -> None:
    directions = np.random.default_rng(1).normal(size=(60, 8)).astype(np.float32)
    places = report_map.layout(directions)
    np.testing.assert_array_equal(places, report_map.layout(directions))
    assert places.shape == (60, 2)
    assert places.min() >= 0
    assert places.max() <= 1


def test_what_cannot_be_written_is_one_clear_line(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"nowhere.*cannot be written: No such file"):
        report.write(snapshot, tmp_path / "nowhere" / "report.html")
