"""Candidates: what is compared with a seed at all."""

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array

from models import geometry, search, space
from models.space import Reach, Space, at_rows, candidates
from tests.fakes import weighed

LANGUAGES = ["ar"] * 400 + ["fr"] * 40 + ["es"] * 3
ROWS = np.arange(len(LANGUAGES))


@pytest.fixture(scope="module", name="corpus")
def a_corpus() -> Space:
    """Return articles without words, whose vectors lie anywhere."""
    vectors = np.random.default_rng(0).normal(size=(len(LANGUAGES), 32)).astype(np.float32)
    fitted = geometry.fit(vectors, LANGUAGES, dict.fromkeys(LANGUAGES, 0.0))
    codes = geometry.codes_of(fitted, LANGUAGES)
    wordless = weighed([("", "", language) for language in LANGUAGES])
    return Space(fitted, wordless, geometry.directions(fitted, vectors, codes), codes, None, reach=Reach(20, 5))


def nearest(corpus: Space, row: int, count: int, allowed: np.ndarray) -> set[int]:
    found, _products = search.nearest(None, corpus.directions, corpus.directions[[row]], count, allowed)
    return set(found[0].tolist())


@pytest.mark.parametrize("row", [0, 399])
def test_articles_of_a_large_language_get_the_nearest_of_all(corpus: Space, row: int) -> None:
    found = candidates(corpus, at_rows(corpus, np.array([row])))
    assert set(found[0].tolist()) == nearest(corpus, row, 20, ROWS >= 0)


@pytest.mark.parametrize("row", [400, 439])
def test_half_of_the_candidates_are_the_nearest_of_a_small_language(corpus: Space, row: int) -> None:
    found = candidates(corpus, at_rows(corpus, np.array([row])))
    own = np.array(LANGUAGES) == LANGUAGES[row]
    assert set(found[0].tolist()) - {-1} == nearest(corpus, row, 10, ROWS >= 0) | nearest(corpus, row, 10, own)


def test_all_of_a_tiny_language_are_candidates(corpus: Space) -> None:
    found = candidates(corpus, at_rows(corpus, np.array([440, 441, 442])))
    assert all({440, 441, 442} <= set(rows) for rows in found.tolist())


def test_what_a_tiny_language_cannot_fill_stays_empty(corpus: Space) -> None:
    (found,) = candidates(corpus, at_rows(corpus, np.array([440])))
    assert set(found.tolist()) - {-1} == nearest(corpus, 440, 10, ROWS >= 0) | {440, 441, 442}


def test_a_text_of_an_unknown_language_gets_the_nearest_of_all(corpus: Space) -> None:
    unknown = dataclasses.replace(at_rows(corpus, np.array([0])), codes=geometry.codes_of(corpus.geometry, ["tr"]))
    (found,) = candidates(corpus, unknown)
    assert set(found.tolist()) == nearest(corpus, 0, 20, ROWS >= 0)


def test_among_allowed_rows_language_does_not_matter(corpus: Space) -> None:
    allowed = ROWS % 2 == 0
    found = candidates(corpus, at_rows(corpus, np.array([400])), allowed)
    assert set(found[0].tolist()) == nearest(corpus, 400, 20, allowed)


def test_candidates_are_ascending_without_repeats_and_padded_at_the_front(corpus: Space) -> None:
    words = weighed([("", f"word{row % 7} other{row % 11}", language) for row, language in enumerate(LANGUAGES)])
    told = Space(corpus.geometry, words, corpus.directions, corpus.codes, None, reach=Reach(20, 5))
    for rows in candidates(told, at_rows(told, ROWS)):
        found = rows[rows >= 0]
        assert (np.diff(found) > 0).all()
        assert (rows[: len(rows) - len(found)] == -1).all()


def test_no_seeds_have_no_candidates(corpus: Space) -> None:
    none = space.Seeds(np.zeros((0, 32), np.float32), csr_array((0, 0), dtype=np.float32), np.zeros(0, np.int64))
    assert candidates(corpus, none).shape[0] == 0
