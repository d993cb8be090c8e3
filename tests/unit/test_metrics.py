from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import metrics


def test_ndcg_counts_grades_by_place() -> None:
    grades = {"a": 2.0, "b": 1.0}
    assert metrics.ndcg_at(["a", "b"], grades) == 1
    assert metrics.ndcg_at(["x", "y"], grades) == 0
    best = 2 + 1 / log2(3)
    assert metrics.ndcg_at(["b", "x", "a"], grades) == pytest.approx((1 + 2 / 2) / best)
    assert metrics.ndcg_at(["x", "a"], grades, k=1) == 0


def test_recall_is_of_what_could_be_found() -> None:
    assert metrics.recall_at(["a", "x"], {"a", "b"}, k=2) == 0.5
    assert metrics.recall_at(["a"], {"a", "b", "c"}, k=1) == 1


def test_average_precision() -> None:
    assert metrics.average_precision(np.array([True, False, True]), 2) == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.average_precision(np.array([False, False]), 1) == 0
    assert metrics.average_precision(np.array([True]), 4) == 0.25


def test_correlation() -> None:
    # Deviations (-1, 0, 1) and (-1, 1, 0).
    assert metrics.pearson(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.5])) == pytest.approx(1 / 2)
    assert metrics.pearson(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == pytest.approx(-1)
    assert metrics.pearson(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == 0
    assert metrics.pearson(np.array([1.0]), np.array([1.0])) == 0


def test_hubs_and_coverage() -> None:
    even = [np.array([1]), np.array([2]), np.array([0])]
    hub = [np.array([1]), np.array([0]), np.array([0]), np.array([0])]
    assert (metrics.hub_skew(even, 3), metrics.coverage(even, 3)) == (0, 1)
    # Occurrences 3, 1, 0, 0: mean 1, variance 1.5, third moment 1.5.
    assert metrics.hub_skew(hub, 4) == pytest.approx(1.5 / 1.5**1.5)
    assert metrics.coverage(hub, 4) == 0.5


def test_duplicates_within_a_list() -> None:
    assert metrics.duplicate_rate([np.array([1, 1, 2]), np.array([3])]) == 0.25
    assert metrics.duplicate_rate([]) == 0


def test_calibration() -> None:
    scores, true = np.array([0.15, 0.17, 0.9, 1.0]), np.array([0.0, 0.5, 1.0, 1.0])
    assert metrics.calibration_curve(scores, true) == [
        pytest.approx((0.16, 0.25, 0.5)),
        pytest.approx((0.95, 1.0, 0.5)),
    ]
    assert metrics.expected_calibration_error(scores, true) == pytest.approx(0.5 * 0.09 + 0.5 * 0.05)
    assert metrics.precision_and_recall(np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1])) == (0.5, 0.5)
    assert metrics.precision_and_recall(np.array([0.1]), np.array([0.0])) == (0, 0)


@given(st.permutations("abcdefgh"), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), min_size=1))
def test_ndcg_is_best_in_the_order_of_the_grades(order: list[str], grades: dict[str, float]) -> None:
    best = sorted(order, key=lambda name: -grades.get(name, 0))
    assert 0 <= metrics.ndcg_at(order, grades) <= metrics.ndcg_at(best, grades) + 1e-12
    assert metrics.ndcg_at(best, grades) == pytest.approx(1)
