import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.build import build
from models import counts
from models.counts import Counts, count, joined
from models.publish import open_current
from tests.conftest import silent, write_jsonl
from tests.fakes import FakeEmbedder

WORDS = st.lists(st.sampled_from(["sea", "Sea", "rain", "الوزير", "وزير", "新华社", "covid19", "…"]), max_size=6)
ARTICLES = st.tuples(WORDS.map(" ".join), WORDS.map(" ".join), st.sampled_from(["en", "ar"]))


def same(left: Counts, right: Counts) -> bool:
    return np.array_equal(left.keys, right.keys) and np.array_equal(left.table.toarray(), right.table.toarray())


def test_a_title_counts_three_times_and_nothing_more_than_can_be_told_apart() -> None:
    counted = count([("Sea", "sea rain", "en"), ("", "rain " * 1_000, "en")])
    assert sorted(counted.table.toarray()[0].tolist()) == [1, 4]
    assert counted.table.toarray()[1].max() == counts.MOST


def test_two_languages_share_no_terms() -> None:
    assert count([("", "radio", "fr"), ("", "radio", "es")]).table.toarray().tolist() in (
        [[1, 0], [0, 1]],
        [[0, 1], [1, 0]],
    )


@given(st.tuples(ARTICLES))
def test_a_text_alone_is_counted_as_among_others(articles: tuple[tuple[str, str, str]]) -> None:
    keys, times = counts.count_text(*articles[0])
    among = count(articles)
    np.testing.assert_array_equal(keys, among.keys)
    np.testing.assert_array_equal(times, among.table.toarray()[0])


@given(st.lists(ARTICLES, max_size=6), st.lists(ARTICLES, max_size=6), st.data())
def test_joined_with_what_was_known_is_as_counted_anew(
    before: list[tuple[str, str, str]], fresh: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.sampled_from(range(len(before))), unique=True)) if before else []
    places = data.draw(st.permutations(range(len(rows) + len(fresh))))
    articles = [
        article for _place, article in sorted(zip(places, [*(before[row] for row in rows), *fresh], strict=True))
    ]
    found = joined(count(before), np.array(rows, np.int64), count(fresh), np.array(places, np.int64))
    assert same(found, count(articles))
    assert found.table.has_sorted_indices


def test_save_and_load_map_the_same(tmp_path: Path) -> None:
    counted = count([("Sea", "sea rain", "en"), ("", "", "en"), ("", "radio", "fr")])
    counts.save(counted, tmp_path)
    loaded = counts.load(tmp_path)
    assert loaded is not None
    assert same(loaded, counted)
    assert not loaded.table.data.flags.writeable


def test_what_was_counted_in_another_way_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert counts.load(tmp_path) is None
    counts.save(count([("Sea", "", "en")]), tmp_path)
    monkeypatch.setattr(counts, "VERSION", "2")
    assert counts.load(tmp_path) is None


def test_a_build_reads_the_words_of_changed_articles_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"id": str(number), "title": f"sea {number}", "text": "rain school football"} for number in range(20)]
    source = write_jsonl(tmp_path / "articles.jsonl", records)
    build(tmp_path / "home", str(source), FakeEmbedder(), silent)
    read: list[str] = []
    monkeypatch.setattr(counts, "words", lambda text, words=counts.words: read.append(text) or words(text))
    write_jsonl(source, [{**records[0], "title": "sea storm"}, *records[2:], {"id": "20", "title": "new"}])
    build(tmp_path / "home", str(source), FakeEmbedder(), silent)
    assert sorted(read) == ["", "new", "rain school football", "sea storm"]
    build(tmp_path / "other", str(source), FakeEmbedder(), silent)
    again, anew = (open_current(tmp_path / home) for home in ("home", "other"))
    assert again.counts is not None
    assert anew.counts is not None
    assert same(again.counts, anew.counts)
    for left, right in (
        (again.space.terms.rows, anew.space.terms.rows),
        (again.space.terms.postings, anew.space.terms.postings),
    ):
        np.testing.assert_array_equal(left.toarray(), right.toarray())
    np.testing.assert_array_equal(again.neighbours.rows, anew.neighbours.rows)
    described = json.loads((tmp_path / "home" / "snapshots" / again.name / "counts.json").read_text())
    assert described == {"version": counts.VERSION}
