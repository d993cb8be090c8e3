"""What the report says, as numbers: pure functions over the columns and the neighbours table of a snapshot.

All of them go over the corpus once, in blocks; none compares articles with each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import geometry
from models.columns import UNDATED
from models.neighbours import Neighbours

TOP = 10
"""The related articles of each article that the report looks at."""
MOST_SERIES = 7
"""Colours that can still be told apart; what is rarer shares the last one."""
SCORE_BINS = 20
REACH = ((0, 0), (1, 2), (3, 4), (5, 9), (10, 14), (15, 19), (20, 49), (50, None))
"""Bins of how many lists show an article: as many as a phone can name."""

_MOST_BINS = 60
_STEPS = (1, 3, 12, 60, 120, 1200, 12000)
"""Months in a bin of the timeline."""
_BLOCK = 16_384

Codes = npt.NDArray[np.integer]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Series:
    """Names that have a colour each, most frequent first, and perhaps one for all the others."""

    names: tuple[str, ...]
    slots: npt.NDArray[np.int8]
    """(n,): each article's position in `names`."""
    rest: bool
    """Whether the last name is the one for all others."""


@dataclass(frozen=True)
class Shown:
    """The first `TOP` related articles of each, without the seed's near-duplicates, one of each group of others."""

    rows: npt.NDArray[np.int32]
    """(n, TOP), filled up with -1."""
    scores: npt.NDArray[np.float32]
    """(n, TOP), 0 where there are no more."""


@dataclass(frozen=True)
class Timeline:
    """Articles by time of publication and series."""

    labels: tuple[str, ...]
    counts: Counts
    """(bins, series)"""


def series(codes: Codes, names: Sequence[str], other: str) -> Series:
    """Return the most frequent of `names`, which `codes` (n,) point into; rarer ones and codes below 0 are `other`."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    best = np.argsort(-counts, kind="stable")[:MOST_SERIES]
    best = best[counts[best] > 0]
    slot_of = np.full(len(names) + 1, len(best), np.int8)  # the last one is for code -1
    slot_of[best] = np.arange(len(best))
    rest = int(counts[best].sum()) < len(codes)
    return Series(tuple(names[code] for code in best) + ((other,) if rest else ()), slot_of[codes], rest)


def shown(neighbours: Neighbours, group: Codes) -> Shown:
    """Return what readers get of the table when neither recency nor a filter or diversity changes it."""
    blocks = [_shown_block(neighbours, group, start) for start in range(0, len(group), _BLOCK)]
    empty = (np.zeros((0, TOP), np.int32), np.zeros((0, TOP), np.float32))
    rows, scores = zip(empty, *blocks, strict=True)
    return Shown(np.concatenate(rows), np.concatenate(scores))


def times_shown(lists: Shown, group: Codes) -> Counts:
    """Return (n,): in how many lists a row or one of its near-duplicates is, counted at the smallest row of the group.

    The other rows of a group get -1.
    """
    counts = np.zeros(len(group), np.int64)
    for rows in _blocks(lists.rows):
        counts += np.bincount(group[rows[rows >= 0]], minlength=len(group))
    return np.where(group == np.arange(len(group)), counts, -1)


def reach(times: Counts) -> list[int]:
    """Return how many articles fall into each bin of `REACH`."""
    top = int(times.max(initial=0))
    return [int(((times >= low) & (times <= (top if high is None else high))).sum()) for low, high in REACH]


def concentration(times: Counts) -> float:
    """Return the share of all entries that goes to the hundredth of the articles that is shown most."""
    entries = np.sort(times[times >= 0])[::-1]
    return float(entries[: max(len(entries) // 100, 1)].sum() / max(entries.sum(), 1))


def between(lists: Shown, slots: npt.NDArray[np.int8], count: int) -> npt.NDArray[np.float64]:
    """Return (count, count): of the entries of the seeds in each slot, the share that is in each slot."""
    sums = np.zeros((count, count), np.int64)
    for start, rows in zip(range(0, len(slots), _BLOCK), _blocks(lists.rows), strict=True):
        pairs = slots[start : start + _BLOCK].astype(np.int64)[:, None] * count + slots[rows]
        sums += np.bincount(pairs[rows >= 0], minlength=count * count).reshape(count, count)
    return np.asarray(sums / np.maximum(sums.sum(axis=1, keepdims=True), 1))


def crossing(lists: Shown, language: Codes) -> float:
    """Return the share of entries that are in another language than their seed."""
    entries = crossings = 0
    for start, rows in zip(range(0, len(language), _BLOCK), _blocks(lists.rows), strict=True):
        valid = rows >= 0
        entries += int(valid.sum())
        crossings += int((valid & (language[rows] != language[start : start + _BLOCK, None])).sum())
    return crossings / max(entries, 1)


def score_counts(lists: Shown, place: int, chosen: npt.NDArray[np.bool_]) -> list[int]:
    """Return the histogram, over 0..1, of the score at `place` of the lists of the `chosen` (n,) articles."""
    found = lists.scores[chosen & (lists.rows[:, place] >= 0), place]
    return list(map(int, np.histogram(found, bins=SCORE_BINS, range=(0, 1))[0]))


def median_score(lists: Shown, place: int, chosen: npt.NDArray[np.bool_]) -> float | None:
    """Return the median score at `place`, or None when no list is so long."""
    found = lists.scores[chosen & (lists.rows[:, place] >= 0), place]
    return float(np.median(found)) if len(found) else None


def timeline(published: npt.NDArray[np.int64], slots: npt.NDArray[np.int8], count: int) -> Timeline:
    """Return the dated articles by month, or by as many months as keep the bins few."""
    dated = published != UNDATED
    if not dated.any():
        return Timeline((), np.zeros((0, count), np.int64))
    months = published[dated].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    span = int(months.max() - months.min()) + 1
    step = next((step for step in _STEPS if span <= step * _MOST_BINS), _STEPS[-1])
    bins = months // step
    first, last = int(bins.min()), int(bins.max())
    sums = np.bincount((bins - first) * count + slots[dated], minlength=(last - first + 1) * count)
    return Timeline(tuple(_label(place, step) for place in range(first, last + 1)), sums.reshape(-1, count))


def largest_groups(group: Codes, most: int) -> list[list[int]]:
    """Return the rows of the `most` largest groups of two or more near-duplicates, largest first."""
    sizes = np.bincount(group, minlength=len(group))
    best = np.argsort(-sizes, kind="stable")[:most]
    return [np.flatnonzero(group == row).tolist() for row in best if sizes[row] > 1]


def reach_labels() -> list[str]:
    """Return the names of the bins of `REACH`."""
    return [f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}" for low, high in REACH]


def _shown_block(
    neighbours: Neighbours, group: Codes, start: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    rows = np.asarray(neighbours.rows[start : start + _BLOCK])
    groups = np.where(rows >= 0, group[rows], -1)
    own = group[start : start + _BLOCK, None]
    kept = (rows >= 0) & (groups != own) & _firsts(groups)
    order = np.argsort(~kept, axis=1, kind="stable")[:, :TOP]
    order = np.pad(order, ((0, 0), (0, TOP - order.shape[1])))
    valid = np.arange(TOP) < kept.sum(axis=1, keepdims=True)
    similarities = np.take_along_axis(neighbours.similarities[start : start + _BLOCK], order, axis=1)
    scores = np.where(valid, geometry.score(np.where(valid, similarities, 0)), 0).astype(np.float32)
    return np.where(valid, np.take_along_axis(rows, order, axis=1), -1).astype(np.int32), scores


def _firsts(groups: Codes) -> npt.NDArray[np.bool_]:
    """Tell of each value in (b, K) whether it is the first of its kind in its row."""
    order = np.argsort(groups, axis=1, kind="stable")
    in_order = np.take_along_axis(groups, order, axis=1)
    first = np.ones(groups.shape, np.bool_)
    np.put_along_axis(first, order[:, 1:], in_order[:, 1:] != in_order[:, :-1], axis=1)
    return first


def _blocks(rows: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
    yield from (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))


def _label(place: int, step: int) -> str:
    year, month = divmod(place * step, 12)
    if step == 1:
        return f"{year}-{month + 1:02d}"
    if step == 3:  # noqa: PLR2004 - a quarter
        return f"{year} Q{month // 3 + 1}"
    return str(year) if step == 12 else f"{year}–{year + step // 12 - 1}"  # noqa: PLR2004 - a year
