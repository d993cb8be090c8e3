"""Compute the neighbours table and the groups of near-duplicates, block by block."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from models import geometry, space
from models.neighbours import K, Neighbours
from models.search import Rows
from models.space import Evidence, Fused, Reach, Space

_BLOCK = 1_024
"""Seeds at a time: FAISS searches a query of such a batch in a third of the time that it takes in one of 128."""
_SPARE = K
"""More than K are kept until the densities, which may change the order, are all known: of what the lists of 100,000
articles missed with half as many, a third had been dropped here."""
_FEW, _SIMILAR = 10, 0.7
"""An article to which fewer others are so similar is searched a second time, further: what is near to it lies about
the end of both channels. Without, of 2,000 articles among 100,000, 72 missed one of their ten most similar; 67 of these
have a tenth neighbour below .5. Searching again below .55, .65 and .7 (26, 36 and 40 % of them), lists hold .9995,
.9996 and .9999 of the ten most similar, after 118, 136 and 144 s of CPU time."""
_FAR = Reach(1_000, 500)
"""500 and 300 hold .9993 there, after 125 s; among articles of small languages, 500 of each channel .995."""
_TOGETHER = 150_000
"""Articles of which a batch compares all, as matrices, in the time that an index takes to find so many."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Related:
    """How the articles of a space are related."""

    space: Space
    """With the mean densities of the languages, which only the whole corpus tells."""
    neighbours: Neighbours
    groups: npt.NDArray[np.int32]
    """(n,): the smallest row among each article's near-duplicates."""


@dataclass(frozen=True)
class _Found:
    """What is kept of each article until all densities are known: of a million articles 1.6 gigabytes."""

    rows: npt.NDArray[np.int32]
    """(n, K + _SPARE): the most similar first, as far as densities were known, filled up with -1."""
    evidence: npt.NDArray[np.float32]
    """The same, filled up with -inf."""
    densities: npt.NDArray[np.float32]
    """(n,)"""


def relate(corpus: Space, published: npt.NDArray[np.int64], progress: Progress) -> Related:
    """Compare every article of `corpus` with its candidates.

    `published` is ``Columns.published``; `progress` is called with how many articles are done, and of how many: those
    that are searched twice count twice.
    """
    count = len(corpus.directions)
    found = _nothing(count)
    copies = _searched(corpus, np.arange(count), published, found, lambda done: progress(done, count))
    corpus = _with_densities(corpus, found.densities)
    lonely = _lonely(corpus, found)
    total = count + len(lonely)
    copies += _searched(further(corpus), lonely, published, found, lambda done: progress(count + done, total))
    corpus = _with_densities(corpus, found.densities)
    finders = _finders(found)
    tables = [_ranked(corpus, found, finders, part) for part in _parts(count)]
    rows, similarities = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    return Related(corpus, Neighbours(rows, similarities, found.densities), _groups(np.concatenate(copies), count))


def _parts(count: int) -> list[slice]:
    return [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]


def _nothing(count: int) -> _Found:
    shape = (count, K + _SPARE)
    return _Found(np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32), np.zeros(count, np.float32))


def _searched(
    corpus: Space, rows: Rows, published: npt.NDArray[np.int64], found: _Found, progress: Callable[[int], None]
) -> list[npt.NDArray[np.int64]]:
    """Write into `found` what the articles at `rows` are near to; return the pairs of near-duplicates."""
    pairs, densities = [np.zeros((0, 2), np.int64)], found.densities.copy()
    for part in _parts(len(rows)):
        pairs.append(_search(corpus, rows[part], published, densities, found))
        progress(part.stop)
    return pairs


def _search(
    corpus: Space,
    seed_rows: Rows,
    published: npt.NDArray[np.int64],
    densities: npt.NDArray[np.float32],
    found: _Found,
) -> npt.NDArray[np.int64]:
    seeds = space.at_rows(corpus, seed_rows)
    rows = space.candidates(corpus, seeds)
    rows = np.where(rows == seed_rows[:, None], -1, rows)
    compared = space.evidence(corpus, seeds, rows)
    similarities = space.similarity(corpus, compared.fused, rows, densities, densities[seed_rows])
    best = _largest(similarities, K + _SPARE)
    width = best.shape[1]
    found.rows[seed_rows, :width] = np.take_along_axis(rows, best, axis=1)
    found.evidence[seed_rows, :width] = np.take_along_axis(compared.fused.evidence, best, axis=1)
    found.densities[seed_rows] = space.density(corpus, seeds, compared, live=False)
    return _copies(seed_rows, rows, compared, published)


def _largest(values: npt.NDArray[np.float32], count: int) -> Rows:
    """Return the columns of the `count` largest `values`, (b, min(count, c)), the largest first."""
    some = np.argpartition(-values, min(count, values.shape[1]) - 1, axis=1)[:, :count]
    return np.take_along_axis(some, np.argsort(-np.take_along_axis(values, some, axis=1), axis=1), axis=1)


def _with_densities(corpus: Space, densities: npt.NDArray[np.float32]) -> Space:
    fitted = geometry.with_densities(corpus.geometry, densities, corpus.codes.astype(np.int64))
    return dataclasses.replace(corpus, geometry=fitted)


def _lonely(corpus: Space, found: _Found) -> Rows:
    """Return the rows of the articles to which fewer than `_FEW` others are similar."""
    few = []
    for part in _parts(len(found.rows)):
        similarities = _similarities(corpus, found.rows[part], found.evidence[part], found.densities, part)
        few.append(np.count_nonzero(similarities >= _SIMILAR, axis=1) < _FEW)
    return np.flatnonzero(np.concatenate(few))


def _similarities(
    corpus: Space,
    rows: npt.NDArray[np.int32],
    evidence: npt.NDArray[np.float32],
    densities: npt.NDArray[np.float32],
    part: slice,
) -> npt.NDArray[np.float32]:
    """Return the similarities of the articles of `part` to `rows`, whose `evidence` is known, all (b, c)."""
    same = corpus.codes[rows] == corpus.codes[part][:, None]
    return space.similarity(corpus, Fused(evidence, same), rows, densities, densities[part])


def further(corpus: Space) -> Space:
    """Return `corpus` such that it gives more candidates, and misses fewer."""
    index = corpus.index
    if index is not None and len(corpus.directions) > _TOGETHER:
        index = dataclasses.replace(index, probes=min(2 * index.probes, index.lists.nlist))
    else:
        index = None
    return dataclasses.replace(corpus, index=index, reach=_FAR)


def _finders(found: _Found) -> csr_array:
    """Return, (n, n): in row i the evidence between article i and every article that has it among its K nearest.

    Of the ten most similar of all, lists that are searched once hold with these .998 among 31,000 articles (without
    .992), and .992 among 100,000 with copies that crowd the candidates (.983).
    """
    rows, evidence = found.rows[:, :K], found.evidence[:, :K]
    kept = rows >= 0
    # Positions of 32 bits do for twenty million articles, and take half the memory.
    positions = np.append(0, np.cumsum(np.count_nonzero(kept, axis=1))).astype(np.int32)
    finders = csr_array((evidence[kept], rows[kept], positions), shape=(len(rows), len(rows)))
    return finders.T.tocsr()


def _with_finders(
    found: _Found, finders: csr_array, part: slice
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return rows and evidence of `part` with the best of those `finders` not among them: evidence is mutual."""
    rows, theirs = found.rows[part], finders[part]
    places = np.arange(len(rows))
    seeds = np.repeat(places, np.diff(theirs.indptr))
    # A pair of a seed and a row as one number, so that one search finds those that are in `rows`.
    stride = finders.shape[1] + 1
    known = np.sort(stride * places[:, None] + rows + 1, axis=1).ravel()
    pairs = stride * seeds + theirs.indices + 1
    new = np.flatnonzero(known[np.minimum(np.searchsorted(known, pairs), len(known) - 1)] != pairs)
    new = new[np.lexsort((theirs.indices[new], -theirs.data[new], seeds[new]))]
    columns = np.arange(len(new)) - np.searchsorted(seeds[new], seeds[new])
    # A hub has thousands of finders, and the table would be as wide.
    few = columns < K + _SPARE
    new, columns = new[few], columns[few]
    shape = (len(places), int(columns.max(initial=-1)) + 1)
    more, evidence = np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32)
    more[seeds[new], columns], evidence[seeds[new], columns] = theirs.indices[new], theirs.data[new]
    return np.concatenate([rows, more], axis=1), np.concatenate([found.evidence[part], evidence], axis=1)


def _ranked(
    corpus: Space, found: _Found, finders: csr_array, part: slice
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return the K most similar of each article of `part`, in order, equal similarities by row, then -1 and -inf."""
    rows, evidence = _with_finders(found, finders, part)
    similarities = _similarities(corpus, rows, evidence, found.densities, part)
    order = np.lexsort((rows, -similarities))[:, :K]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(similarities, order, axis=1)


def _copies(seed_rows: Rows, rows: Rows, found: Evidence, published: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the pairs of rows that are near-duplicates."""
    copies = space.copies(found, rows, published[seed_rows][:, None], published[rows])
    seeds, places = np.nonzero(copies)
    return np.stack([seed_rows[seeds], rows[seeds, places]], axis=1)


def _groups(pairs: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    graph = coo_array((np.ones(len(pairs), np.bool_), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    first = np.unique(labels, return_index=True)[1].astype(np.int32)
    return np.asarray(first[labels])
