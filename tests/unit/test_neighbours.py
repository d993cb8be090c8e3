"""The neighbours table: who is compared with whom, and that evidence is mutual."""

import dataclasses

import faiss
import numpy as np
import pytest

from indexer import neighbours
from indexer.neighbours import relate
from models import geometry, space
from models.columns import UNDATED
from models.search import Index
from models.space import Reach, Space
from tests.fakes import weighed

COUNT = 90
LANGUAGES = [("ar", "fr", "es")[row % 3] for row in range(COUNT)]


@pytest.fixture(name="corpus")
def a_corpus() -> Space:
    """Return articles whose vectors lie anywhere, with a few words in common."""
    return space_of(np.random.default_rng(0).normal(size=(COUNT, 16)).astype(np.float32))


def space_of(vectors: np.ndarray) -> Space:
    fitted = geometry.fit(vectors, LANGUAGES, dict.fromkeys(LANGUAGES, 0.0))
    codes = geometry.codes_of(fitted, LANGUAGES)
    words = weighed([("", f"word{row % 7} other{row % 11}", language) for row, language in enumerate(LANGUAGES)])
    return Space(fitted, words, geometry.directions(fitted, vectors, codes), codes, None, reach=Reach(6, 3))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 16)


@pytest.fixture(name="nobody_lonely")
def nobody_is_lonely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_FEW", 0)


def related(corpus: Space) -> neighbours.Related:
    return relate(corpus, np.full(COUNT, UNDATED), lambda _done, _total: None)


@pytest.mark.usefixtures("nobody_lonely")
def test_who_is_found_has_the_finder_in_its_list(corpus: Space) -> None:
    lists = [set(rows[rows >= 0].tolist()) for rows in related(corpus).neighbours.rows]
    assert all(row in lists[other] for row, found in enumerate(lists) for other in found)
    asked = [set(rows[rows >= 0].tolist()) - {row} for row, rows in enumerate(all_candidates(corpus))]
    assert any(row not in asked[other] for row, found in enumerate(asked) for other in found)
    assert all(found <= listed for found, listed in zip(asked, lists, strict=True))


def test_lists_are_ordered_by_the_exact_similarity_without_repeats(corpus: Space) -> None:
    found = related(corpus)
    table, everyone = found.neighbours, np.arange(COUNT)
    for row in range(COUNT):
        seed = space.at_rows(corpus, np.array([row]))
        exact = space.compare(found.space, seed, everyone, table.densities, table.densities[[row]])[0]
        listed = table.rows[row][table.rows[row] >= 0]
        assert len(set(listed.tolist()) - {row}) == len(listed)
        np.testing.assert_array_equal(table.similarities[row][: len(listed)], exact[listed])
        assert (np.diff(exact[listed]) <= 0).all()


def test_the_lonely_are_compared_with_more_and_the_nearest_by_similarity_are_kept(
    corpus: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_SPARE", 20)
    monkeypatch.setattr(neighbours, "K", 8)  # fewer than candidates, and than all
    monkeypatch.setattr(neighbours, "_SIMILAR", np.inf)
    everyone, calls = np.arange(COUNT), list[tuple[int, int]]()
    found = relate(corpus, np.full(COUNT, UNDATED), lambda done, total: calls.append((done, total)))
    densities = found.neighbours.densities
    exact = space.compare(found.space, space.at_rows(corpus, everyone), everyone, densities, densities)
    np.fill_diagonal(exact, -np.inf)
    best = -np.sort(-exact, axis=1)[:, :8]
    # Whom to keep is decided by the densities that were known before the lonely were compared.
    assert np.mean(np.isclose(found.neighbours.similarities, best, atol=1e-6)) > 0.97
    assert calls[0] == (16, COUNT)
    assert calls[-1] == (2 * COUNT, 2 * COUNT)


@pytest.mark.parametrize(("crowd", "lonely"), [(COUNT, range(1)), (30, range(50, 61))])
def test_only_those_with_few_similar_articles_are_searched_again(
    crowd: int, lonely: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_FEW", 5)
    vectors = np.random.default_rng(0).normal(size=(COUNT, 64)).astype(np.float32)
    sides = np.where(np.arange(crowd) % 2, 1, -1).astype(np.float32)
    vectors[:crowd] = 0.1 * vectors[:crowd] + sides[:, None]
    totals: list[int] = []
    relate(space_of(vectors), np.full(COUNT, UNDATED), lambda _done, total: totals.append(total))
    assert totals[-1] - COUNT in lonely


def test_a_large_corpus_is_searched_further_by_its_index(corpus: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = faiss.index_factory(16, "IVF9,RaBitQ2", faiss.METRIC_INNER_PRODUCT)
    indexed = dataclasses.replace(corpus, index=Index(lists, 5, 20))
    assert neighbours.further(indexed).index is None
    monkeypatch.setattr(neighbours, "_TOGETHER", COUNT - 1)
    further = neighbours.further(indexed).index
    assert further is not None
    assert (further.probes, further.fetched) == (9, 20)


@pytest.mark.usefixtures("nobody_lonely")
def test_a_hub_gets_as_many_of_its_finders_as_it_may_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "K", 8)
    monkeypatch.setattr(neighbours, "_SPARE", 0)
    widths: list[int] = []
    similarity = space.similarity

    def seen(corpus: Space, fused: space.Fused, rows: np.ndarray, *densities: np.ndarray) -> np.ndarray:
        widths.append(rows.shape[1])
        return similarity(corpus, fused, rows, *densities)

    monkeypatch.setattr(space, "similarity", seen)
    vectors = np.eye(COUNT, dtype=np.float32)
    vectors[:30, 0] = 1  # thirty lie about the first, which finds nine of them
    vectors[30:, 0] = -1
    listed = related(space_of(vectors)).neighbours.rows
    assert np.count_nonzero(listed == 0) > 2 * 8
    assert max(widths) == 2 * 8


def all_candidates(corpus: Space) -> np.ndarray:
    return space.candidates(corpus, space.at_rows(corpus, np.arange(COUNT)))
