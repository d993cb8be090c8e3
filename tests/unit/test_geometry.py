import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import geometry
from models.geometry import Geometry

DIM = 8
Array = npt.NDArray[Any]


def unit(rows: Array) -> Array:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def corpus(sizes: dict[str, int], seed: int = 0) -> tuple[Array, list[str]]:
    """Vectors as an encoder gives them: near one another, and nearer within a language."""
    rng = np.random.default_rng(seed)
    common = 3 * rng.normal(size=DIM)
    parts = [common + 2 * rng.normal(size=DIM) + rng.normal(size=(size, DIM)) for size in sizes.values()]
    return unit(np.vstack(parts)), [language for language, size in sizes.items() for _ in range(size)]


def fitted(vectors: Array, languages: list[str]) -> Geometry:
    return geometry.fit(vectors, languages, dict.fromkeys(languages, 0.02))


def test_directions_are_unit_and_no_language_prefers_itself() -> None:
    vectors, languages = corpus({"ar": 300, "fr": 200})
    measured = fitted(vectors, languages)
    directions = geometry.directions(measured, vectors, geometry.codes_of(measured, languages))
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1, abs=1e-5)
    raw, centred = vectors @ vectors.T, directions @ directions.T
    assert raw[:300, :300].mean() - raw[:300, 300:].mean() > 0.1
    assert abs(centred[:300, :300].mean() - centred[:300, 300:].mean()) < 0.02


@pytest.mark.parametrize("sizes", [{"ar": 1}, {"ar": 1, "fr": 1}, {"ar": 10}, {"ar": 50, "fr": 1}, {"en": 2}])
def test_tiny_corpora_and_lonely_languages_stay_finite(sizes: dict[str, int]) -> None:
    vectors, languages = corpus(sizes)
    measured = fitted(vectors, languages)
    codes = geometry.codes_of(measured, languages)
    directions = geometry.directions(measured, vectors, codes)
    assert np.isfinite(directions).all()
    none, unknown = np.zeros((len(codes), 0), np.float32), np.zeros((len(codes), 0), bool)
    assert not geometry.density(none, unknown, measured.counts[codes] - 1).any()


def test_no_article_at_all() -> None:
    measured = geometry.fit(np.zeros((0, DIM), np.float32), [], {})
    assert measured.languages == ()
    live = geometry.directions(measured, unit(np.ones((1, DIM))), geometry.codes_of(measured, ["ar"]))
    assert np.linalg.norm(live) == pytest.approx(1)


def test_a_language_the_corpus_lacks_is_measured_from_the_overall_mean() -> None:
    vectors, languages = corpus({"ar": 30, "fr": 30})
    measured = fitted(vectors, languages)
    assert geometry.codes_of(measured, ["fr", "ja", "ar"]).tolist() == [1, 2, 0]
    assert measured.means[2] == pytest.approx(vectors.mean(axis=0), abs=1e-6)


def test_axes_of_much_variance_count_for_more() -> None:
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(5000, DIM)) * np.array([3, *[1] * (DIM - 1)]))
    weights = np.diag(fitted(vectors, ["ar"] * 5000).shape)
    assert weights[0] > 1.2 * weights[1:].max()


def test_evidence_of_terms_counts_in_one_language_and_is_imputed_across() -> None:
    dense, lexical = np.float32([[0.2, 0.2, 0.7, 0.7]]), np.float32([[0.42, 0.02, 0, 0]])
    same, mean = np.array([[True, True, True, False]]), np.float32([[0.02]])
    found = geometry.evidence(dense, lexical, same, mean)[0]
    assert found[0] - found[1] == pytest.approx(0.4 * geometry.WEIGHT)
    assert found[1] == pytest.approx(0.2)
    assert found[3] - found[2] == pytest.approx(geometry.WEIGHT * (0.95 * 0.35 + 0.02), abs=1e-6)


def test_weak_evidence_across_languages_gets_no_help() -> None:
    dense = np.float32([[0.3]])
    assert geometry.evidence(dense, dense * 0, np.array([[False]]), dense * 0) == pytest.approx(dense)


def test_density_is_the_mean_of_the_nearest_of_the_same_language() -> None:
    evidences = np.float32([[0.9, 0.5, -0.4, 2.0]])
    same = np.array([[True, True, True, False]])
    assert geometry.density(evidences, same, np.array([3])) == pytest.approx(1.4 / 3)
    assert geometry.density(evidences, same, np.array([1000])) == pytest.approx(1.4 / geometry.NEIGHBOURS)


def test_a_hub_loses_against_an_article_of_equal_evidence() -> None:
    one, densities, usual, seed = np.float32([[1] * 3]), np.float32([[0.4, 0.9, 0.1]]), np.float32([[0.4] * 3]), 0.4
    found = geometry.similarity(one, np.ones((1, 3), bool), densities, usual, np.float32([[seed]]))
    assert found[0] == pytest.approx([1, 1 - 0.5 * geometry.HUB, 1 + 0.3 * geometry.HUB])


def test_a_crowded_language_does_not_flood_a_sparse_one_nor_the_reverse() -> None:
    one, across = np.float32([[1]]), np.array([[False]])
    crowded, sparse = np.float32([[0.8]]), np.float32([[0.2]])
    assert geometry.similarity(one, across, crowded, crowded, sparse) == pytest.approx(1 - 0.6 * geometry.HUB)
    assert geometry.similarity(one, across, sparse, sparse, crowded) == pytest.approx(1)


def test_mean_densities_by_language() -> None:
    vectors, languages = corpus({"ar": 2, "fr": 1})
    measured = fitted(vectors, languages)
    codes = geometry.codes_of(measured, languages)
    measured = geometry.with_densities(measured, np.float32([0.2, 0.4, 0.7]), codes)
    assert measured.densities == pytest.approx([0.3, 0.7, 0])


@given(st.lists(st.floats(-3, 6, width=32), min_size=2, max_size=20))
def test_scores_keep_the_order_of_similarities_within_0_and_1(similarities: list[float]) -> None:
    scores = geometry.score(np.sort(np.float32(similarities)))
    assert (np.diff(scores) >= 0).all()
    assert scores.min() > 0
    assert scores.max() <= 1


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_the_order_of_articles_does_not_matter(seed: int) -> None:
    vectors, languages = corpus({"ar": 20, "fr": 12, "zh": 1})
    order = np.random.default_rng(seed).permutation(33)
    straight, shuffled = fitted(vectors, languages), fitted(vectors[order], [languages[i] for i in order])
    left = geometry.directions(straight, vectors, geometry.codes_of(straight, languages))[order]
    right = geometry.directions(shuffled, vectors[order], geometry.codes_of(shuffled, [languages[i] for i in order]))
    np.testing.assert_allclose(left, right, atol=1e-5)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, languages = corpus({"ar": 20, "fr": 12})
    whole = fitted(vectors, languages)
    monkeypatch.setattr(geometry, "BLOCK", 5)
    np.testing.assert_allclose(whole.shape, fitted(vectors, languages).shape, atol=1e-6)


def test_arrays_bring_it_back() -> None:
    before = fitted(*corpus({"ar": 5, "fr": 4}))
    after = geometry.from_arrays(geometry.to_arrays(before))
    for field in dataclasses.fields(Geometry):
        np.testing.assert_array_equal(getattr(before, field.name), getattr(after, field.name))
