import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from indexer import report, report_map, report_plots
from indexer import report_facts as facts
from indexer.report_sections import direction_of, href_of, title_of
from models import geometry
from models.article import Card
from models.columns import UNDATED
from models.events import Count, Place
from models.neighbours import Neighbours
from models.publish import open_current
from models.snapshot import Snapshot
from tests.conftest import RECORDS, Builder

SCRIPT = '"><script>alert(1)</script>'
RIGHT_TO_LEFT_OVERRIDE = "\u202e"
FOUR_DAYS_OF_2026 = np.array([1767225600, 1767312000, 1769904000, UNDATED])  # 1 and 2 January, 1 February, none


def page_of(snapshot: Snapshot) -> LexborHTMLParser:
    return LexborHTMLParser(report.render(snapshot, {}))


def table(rows: list[list[int]]) -> Neighbours:
    found = np.array(rows, np.int32)
    similarities = np.where(found >= 0, -np.arange(found.shape[1], dtype=np.float32), -np.inf).astype(np.float32)
    return Neighbours(found, similarities, np.zeros(len(found), np.float32))


def test_a_page_shows_the_corpus(build_records: Builder, home: Path) -> None:
    build_records([
        {**record, "category": "news", "published_at": f"2026-0{place}-01", "url": f"https://example.org/{place}"}
        for place, record in enumerate(RECORDS, start=1)
    ])  # fmt: skip
    page = page_of(open_current(home))
    text = " ".join(page.css_first("header").text(separator=" ").split())
    assert "5 articles" in text
    assert "2026-01-01 to 2026-05-01" in text
    assert len(page.css(".map circle")) == 5
    assert [len(row.css("td")) for row in page.css(".heat tbody tr")] == [
        3,
        3,
        3,
    ]  # a row and a column for each language
    assert page.css_first("#examples .seed a").attributes["href"].startswith("https://example.org/")


def test_a_page_is_whole_in_itself_and_runs_nothing(snapshot: Snapshot) -> None:
    source = report.render(snapshot, {})
    page = LexborHTMLParser(source)
    assert source.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page.css_first("meta[http-equiv]").attributes["content"]
    assert not page.css("script, link, img, iframe, object, embed, image, use, [src], [srcset]")
    assert "url(" not in source
    assert "@import" not in source


def test_hostile_articles_stay_text(build_records: Builder, home: Path) -> None:
    build_records([
        {
            "id": f"{place}{SCRIPT}",
            "title": f"{SCRIPT}{RIGHT_TO_LEFT_OVERRIDE}",
            "text": word,
            "language": "en",
            "category": f"<img src=x onerror=alert(1)>{SCRIPT}",
            "url": f'javascript:alert(1)//"{SCRIPT}',
        }
        for place, word in enumerate(("sea", "rain sea", "school"))
    ])  # fmt: skip
    source = report.render(open_current(home), {})
    page = LexborHTMLParser(source)
    assert not page.css("script, img")
    assert not [name for node in page.css("*") for name in node.attributes if name.startswith("on")]
    assert all(node.attributes["href"].startswith("#") for node in page.css("[href]"))
    assert RIGHT_TO_LEFT_OVERRIDE not in source
    assert page.css_first("bdi.title").text() == SCRIPT
    assert page.css_first(".map circle title").text() == SCRIPT


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_smallest_corpora_have_a_page(build_records: Builder, home: Path, count: int) -> None:
    build_records(RECORDS[:count])
    assert len(page_of(open_current(home)).css(".map circle")) == count


def test_articles_that_no_list_shows_are_named(snapshot: Snapshot) -> None:
    starved = dataclasses.replace(snapshot, neighbours=table([[1], [0], [1], [1], [1]]))
    page = page_of(starved)
    most, never = page.css("#recommended table")
    assert [row.text() for row in most.css("td.number")] == ["4", "1"]
    assert "3 of 5 (60%)" in never.css_first("caption").text()
    assert [row.text() for row in never.css("bdi.title")] == ["school", "school", "football"]


def test_what_cannot_be_written_is_said_in_one_line(snapshot: Snapshot, tmp_path: Path) -> None:
    report.write(snapshot, {}, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    with pytest.raises(report.ReportError, match=r"nowhere.*cannot be written: No such file"):
        report.write(snapshot, {}, tmp_path / "nowhere" / "report.html")


def test_a_card_is_named_by_its_title_or_its_id_and_linked_only_to_the_web() -> None:
    card = Card(id="7", language="ar", title=f"\u2069\n{RIGHT_TO_LEFT_OVERRIDE} 5 مطر", url=" HTTPS://example.org/7 ")
    assert (title_of(card), direction_of(card), href_of(card)) == ("5 مطر", "rtl", "HTTPS://example.org/7")
    bare = Card(id="7", language="ar", url="java\nscript:alert(1)")
    assert (title_of(bare), direction_of(bare), href_of(bare)) == ("7", "ltr", None)
    assert len(title_of(Card(id="7", language="en", title="rain " * 200))) < 200


def test_lists_leave_out_copies_of_the_seed_and_show_one_of_a_group() -> None:
    group = np.array([0, 0, 2, 2, 4])
    lists = facts.shown(table([[1, 2, 3, 4], [0, 4, 3, 2], [3, 4, 1, 0], [2, -1, -1, -1], [-1, -1, -1, -1]]), group)
    assert lists.rows[:, :3].tolist() == [[2, 4, -1], [4, 3, -1], [4, 1, -1], [-1, -1, -1], [-1, -1, -1]]
    np.testing.assert_allclose(lists.scores[0, :3], [*geometry.score(np.array([-1, -3], np.float32)), 0])
    times = facts.times_shown(lists, group)
    assert times.tolist() == [1, -1, 2, -1, 3]
    assert facts.reach(times)[:3] == [0, 2, 1]


@given(st.lists(st.integers(0, 11), min_size=1, max_size=12))
def test_lists_are_what_a_slow_reading_of_the_table_gives(labels: list[int]) -> None:
    count = len(labels)
    group = np.array([labels.index(label) for label in labels])
    orders = [np.random.default_rng(row).permutation(count).tolist() for row in range(count)]
    lists = facts.shown(table([[*(other for other in orders[row] if other != row), -1] for row in range(count)]), group)
    for row, order in enumerate(orders):
        nearest: dict[int, int] = {}
        for other in order:
            if group[other] != group[row]:
                nearest.setdefault(int(group[other]), other)
        found = lists.rows[row]
        assert found[found >= 0].tolist() == list(nearest.values())[: facts.TOP]


def test_rare_names_share_a_colour() -> None:
    codes = np.array([-1, *np.repeat(np.arange(9), np.arange(9, 0, -1))])
    found = facts.series(codes, "abcdefghi", "other")
    assert found.names == (*"abcdefg", "other")
    assert np.bincount(found.slots).tolist() == [9, 8, 7, 6, 5, 4, 3, 2 + 1 + 1]
    assert (found.slots[0], found.slots[-1], found.rest) == (7, 7, True)
    assert facts.series(np.array([0, 1]), "ab", "other").names == ("a", "b")


def test_months_grow_to_years_rather_than_bars_to_threads() -> None:
    slots = np.array([0, 1, 1, 0], np.int8)
    months = facts.timeline(FOUR_DAYS_OF_2026, slots, 2)
    assert months.labels == ("2026-01", "2026-02")
    assert months.counts.tolist() == [[1, 1], [0, 1]]
    years = facts.timeline(np.append(FOUR_DAYS_OF_2026, 0), np.append(slots, 0), 2)
    assert (years.labels[0], years.labels[-1], len(years.labels)) == ("1970", "2026", 57)
    ancient = facts.timeline(np.append(FOUR_DAYS_OF_2026, -(10**11)), np.append(slots, 0), 2)
    assert len(ancient.labels) <= 60
    assert ancient.counts.sum() == 4
    assert facts.timeline(np.array([UNDATED]), slots[:1], 2).labels == ()


def test_shares_between_languages() -> None:
    lists = facts.shown(table([[1, 2], [0, -1], [0, 1]]), np.arange(3))
    slots = np.array([0, 0, 1], np.int8)
    assert facts.between(lists, slots, 2).tolist() == [[2 / 3, 1 / 3], [1, 0]]
    assert facts.crossing(lists, slots) == 3 / 5


@pytest.mark.parametrize("count", [1, 2, 29, 80])
def test_the_map_is_the_same_every_time_and_within_its_frame(count: int) -> None:
    directions = np.random.default_rng(1).normal(size=(count, 8)).astype(np.float32)
    places = report_map.layout(directions)
    assert places.shape == (count, 2)
    assert places.min() >= 0
    assert places.max() <= 1
    np.testing.assert_allclose(report_map.layout(directions), places)


def test_the_map_keeps_two_topics_apart() -> None:
    topics = np.repeat(np.eye(2, 8), 40, axis=0)
    directions = topics + np.random.default_rng(1).normal(scale=0.1, size=topics.shape)
    places = report_map.layout(directions.astype(np.float32))
    middles = places[:40].mean(axis=0), places[40:].mean(axis=0)
    nearest = np.linalg.norm(places[:, None] - np.array(middles), axis=2).argmin(axis=1)
    assert nearest.tolist() == [0] * 40 + [1] * 40


def test_equal_articles_lie_in_the_middle() -> None:
    assert report_map.layout(np.ones((40, 8), np.float32)).tolist() == [[0.5, 0.5]] * 40


def test_plots_escape_what_they_are_told() -> None:
    svg = report_plots.histogram([SCRIPT, "b"], [0, 3], SCRIPT)
    svg += report_plots.mirrored([1, 0], [0, 2], (SCRIPT, "b"), SCRIPT)
    page = LexborHTMLParser(svg)
    assert not page.css("script")
    assert [node.attributes["aria-label"] for node in page.css("svg[role=img]")] == [SCRIPT] * 2
    assert [node.text() for node in page.css("svg > title")] == [SCRIPT] * 2


def test_clicks_by_position_and_language(snapshot: Snapshot) -> None:
    counts = {
        Place("2026-08-01", "ar", "fr", 1): Count(200, 10),
        Place("2026-08-02", "ar", "fr", 2): Count(200, 2),
        Place("2026-08-02", "ar", "ar", 10): Count(0, 1),
    }
    page = LexborHTMLParser(report.render(snapshot, counts))
    tables = [table.text(separator=" ", strip=True) for table in page.css("#clicks table")]
    assert "1 200 10 5.0%" in tables[0]
    assert "2 200 2 1.0%" in tables[0]
    assert "10 0 1 100.0%" in tables[0]
    assert "ar → fr 400 12 3.0%" in tables[1]
    assert not LexborHTMLParser(report.render(snapshot, {})).css("#clicks")
