"""Measures of rankings and of scores, as pure functions of arrays."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
BINS = 10


def ndcg_at(ranked: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k`: gain grade, discount log2(1 + rank).

    At least one of `grades` must be above 0. Where a query has one relevant article, a gain of 2^grade - 1 is the same.
    """
    gains = [grades.get(name, 0.0) for name in ranked[:k]]
    best = sorted(grades.values(), reverse=True)[:k]
    return _discounted(gains) / _discounted(best)


def recall_at(ranked: Sequence[str], relevant: Collection[str], k: int = 10) -> float:
    """Return the share of `relevant`, of which at most `k` count, that is among the first `k`."""
    return len(set(ranked[:k]) & set(relevant)) / min(len(relevant), k)


def average_precision(relevant: npt.NDArray[np.bool_], total: int) -> float:
    """Return the mean precision at each relevant place of a ranking, of `total` relevant ones in all."""
    precisions = np.cumsum(relevant) / np.arange(1, len(relevant) + 1)
    return float((precisions * relevant).sum() / total)


def pearson(predicted: Floats, true: Floats) -> float:
    """Return the correlation of two samples; 0 when one of them does not vary."""
    return float(np.corrcoef(predicted, true)[0, 1]) if np.ptp(predicted) and np.ptp(true) else 0.0


def hub_skew(lists: Sequence[npt.NDArray[np.integer]], count: int) -> float:
    """Return the skewness of how often each of `count` articles occurs in `lists` (Radovanovic et al. 2010)."""
    occurrences = _occurrences(lists, count)
    spread = occurrences.std()
    return float(np.mean(((occurrences - occurrences.mean()) / spread) ** 3)) if spread else 0.0


def coverage(lists: Sequence[npt.NDArray[np.integer]], count: int) -> float:
    """Return the share of `count` articles that occur in some list."""
    return float(np.mean(_occurrences(lists, count) > 0))


def duplicate_rate(groups: Sequence[npt.NDArray[np.integer]]) -> float:
    """Return the share of list entries whose near-duplicate group stands in the list already; a list of groups each."""
    entries = sum(map(len, groups))
    return sum(len(group) - len(np.unique(group)) for group in groups) / max(entries, 1)


def expected_calibration_error(scores: Floats, true: Floats) -> float:
    """Return the mean distance of score and truth over `BINS` equal bins of the score, weighted by their sizes."""
    return float(sum(share * abs(score - truth) for score, truth, share in calibration_curve(scores, true)))


def calibration_curve(scores: Floats, true: Floats) -> list[tuple[float, float, float]]:
    """Return for each bin that is not empty its mean score, its mean truth, and its share of the sample."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    found = [bins == place for place in range(BINS) if (bins == place).any()]
    return [(float(scores[here].mean()), float(true[here].mean()), float(here.mean())) for here in found]


def precision_and_recall(scores: Floats, true: Floats, threshold: float = 0.5) -> tuple[float, float]:
    """Return both for `scores` against `true`, each positive from `threshold` on; 0 where there is nothing to find."""
    said, meant = scores >= threshold, true >= threshold
    hits = int(np.count_nonzero(said & meant))
    return hits / max(int(said.sum()), 1), hits / max(int(meant.sum()), 1)


def _discounted(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(place + 2) for place, gain in enumerate(gains)))


def _occurrences(lists: Sequence[npt.NDArray[np.integer]], count: int) -> npt.NDArray[np.integer]:
    return np.bincount(np.concatenate(lists).astype(np.int64), minlength=count)
