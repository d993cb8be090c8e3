from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import ann
from models import search, space
from models.publish import open_current
from models.related import about_rows, about_text, among, related_to_row
from models.search import Index
from models.snapshot import Snapshot
from tests.conftest import Builder
from tests.fakes import WORDS, FakeEmbedder


def ids(related: list[tuple[object, float]]) -> list[str]:
    return [card.id for card, _score in related]  # type: ignore[attr-defined]


def test_by_id_the_nearest_come_first_and_never_the_seed(snapshot: Snapshot) -> None:
    assert ids(related_to_row(snapshot, 0, 2)) == ["2", "4"]
    assert "1" not in ids(related_to_row(snapshot, 0, 50))


def test_by_text_an_article_of_the_same_text_comes_first(snapshot: Snapshot) -> None:
    (vector,) = FakeEmbedder().embed(["school school sea"])
    pool = about_text(snapshot, vector, space.terms_of_text(snapshot.space, "school", "school sea", "fr")).pool
    assert pool.rows[:2].tolist() == [3, 2]


def test_terms_that_were_looked_up_before_give_the_same_candidates(snapshot: Snapshot) -> None:
    (vector,) = FakeEmbedder().embed(["school school sea"])
    told = space.terms_of_text(snapshot.space, "school", "school sea", "fr")
    seeds = space.of_text(snapshot.space, vector, told)
    asked_anew = space.candidates(snapshot.space, seeds)
    np.testing.assert_array_equal(space.candidates(snapshot.space, seeds, told=told), asked_anew)
    assert len(told.nearest[0]) > 0


def test_the_table_says_what_an_exact_comparison_says(snapshot: Snapshot) -> None:
    for row in range(5):
        question = about_rows(snapshot, [row])
        exact = among(snapshot, question, np.arange(5) != row)
        np.testing.assert_array_equal(question.pool.rows, exact.rows)
        np.testing.assert_allclose(question.pool.similarities, exact.similarities, atol=1e-6)


def test_like_several_and_unlike_another(snapshot: Snapshot) -> None:
    near_both = about_rows(snapshot, [0, 2]).pool
    assert near_both.rows[0] == 3, "of sea and school, the article about both"
    assert set(near_both.rows) == {1, 3, 4}
    away = about_rows(snapshot, [0], [3]).pool
    assert away.rows[0] == 1
    assert about_rows(snapshot, [0]).pool.similarities[0] != away.similarities[0]


@pytest.fixture
def indexed(build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """Return a snapshot of 256 articles with an index, as a large one has."""
    monkeypatch.setattr(ann, "EXACT_UP_TO", 100)
    monkeypatch.setattr(search, "FEW", 10)
    texts = [" ".join(WORDS[i >> shift & 3] for shift in (0, 2, 4, 6)) for i in range(256)]
    build_records([{"id": f"{i:03}", "title": text, "text": text, "language": "en"} for i, text in enumerate(texts)])
    snapshot = open_current(home)
    assert snapshot.space.index is not None
    return snapshot


def test_of_many_rows_the_candidates_are_compared(indexed: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = np.arange(256) % 3 == 0
    question = about_rows(indexed, [5])
    found = among(indexed, question, allowed)
    assert allowed[found.rows].all()
    monkeypatch.setattr(search, "FEW", 256)
    exact = among(indexed, question, allowed)
    np.testing.assert_array_equal(found.rows[:10], exact.rows[:10])
    np.testing.assert_array_equal(found.similarities[:10], exact.similarities[:10])


def test_no_candidate_is_no_row(indexed: Snapshot) -> None:
    index = Index(indexed.space.index.lists, probes=1, fetched=1) if indexed.space.index else None
    blind = replace(indexed, space=replace(indexed.space, index=index))
    (vector,) = FakeEmbedder().embed(["football"])
    nearest = search.nearest(index, indexed.space.directions, vector[None], 100)[0]
    assert (nearest < 0).any(), "one list holds fewer than are asked for"
    rows = about_text(blind, vector, space.terms_of_text(blind.space, "football", "football", "en")).pool.rows
    assert len(rows)
    assert (rows >= 0).all()


texts = st.lists(st.sampled_from([*WORDS, "other"]), min_size=1, max_size=4).map(" ".join)
corpora = st.dictionaries(st.integers(1, 99).map(str), texts, min_size=1, max_size=25)


def lists_of(build_records: Builder, home: Path, records: list[dict[str, str]]) -> dict[str, list[tuple[str, float]]]:
    build_records(records)
    snapshot = open_current(home)
    return {
        card.id: [(other.id, score) for other, score in related_to_row(snapshot, row, 5)]
        for row, card in enumerate(snapshot.cards.all())
    }


@given(corpora, st.randoms())
@settings(max_examples=25)
def test_the_order_of_the_input_changes_nothing(
    build_records: Builder, home: Path, corpus: dict[str, str], random: object
) -> None:
    records = [{"id": article_id, "text": text, "language": "en"} for article_id, text in corpus.items()]
    first = lists_of(build_records, home, records)
    random.shuffle(records)  # type: ignore[attr-defined]
    assert lists_of(build_records, home, records) == first
    assert all(seed not in [other for other, _score in related] for seed, related in first.items())
    assert all(len(related) == min(5, len(corpus) - 1) for related in first.values())


def test_an_article_in_two_builds_keeps_its_neighbours(build_records: Builder, home: Path) -> None:
    records = [{"id": str(n), "text": f"{WORDS[n % 4]} {WORDS[n % 3]}", "language": "en"} for n in range(20)]
    first = lists_of(build_records, home, records)
    assert lists_of(build_records, home, records) == first
    changed = [*records[:-1], {"id": "19", "text": "another text now", "language": "en"}]
    assert lists_of(build_records, home, changed) != first
    assert lists_of(build_records, home, records) == first
