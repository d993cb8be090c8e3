"""The neighbours table: evidence is mutual, whoever found whom."""

import numpy as np
import pytest

from indexer import neighbours
from indexer.neighbours import relate
from models import geometry, space
from models.columns import UNDATED
from models.space import Space
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
    return Space(fitted, words, geometry.directions(fitted, vectors, codes), codes, None)


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "DENSE", 6)
    monkeypatch.setattr(space, "LEXICAL", 3)
    monkeypatch.setattr(neighbours, "_BLOCK", 16)


def related(corpus: Space) -> neighbours.Related:
    return relate(corpus, np.full(COUNT, UNDATED), lambda _rows: None)


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
