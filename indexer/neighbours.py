"""Compute the neighbours table and the groups of near-duplicates, block by block."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from models import geometry, space
from models.neighbours import K, Neighbours
from models.search import Rows
from models.space import Evidence, Fused, Space

_BLOCK = 1_024
"""Seeds at a time: FAISS searches a query of such a batch in a third of the time that it takes in one of 128."""
_SPARE = K // 2
"""More than K are kept by evidence until the densities, which may change the order, are all known."""


@dataclass(frozen=True)
class Related:
    """How the articles of a space are related."""

    space: Space
    """With the mean densities of the languages, which only the whole corpus tells."""
    neighbours: Neighbours
    groups: npt.NDArray[np.int32]
    """(n,): the smallest row among each article's near-duplicates."""


@dataclass(frozen=True)
class _Block:
    """What is kept of some seeds until all densities are known: of a million articles a gigabyte and a half."""

    seeds: Rows
    rows: npt.NDArray[np.int32]
    fused: Fused
    densities: npt.NDArray[np.float32]
    copies: npt.NDArray[np.int64]
    """(pairs, 2) rows"""


def relate(corpus: Space, published: npt.NDArray[np.int64], progress: Callable[[int], None]) -> Related:
    """Compare every article of `corpus` with its candidates.

    `published` is ``Columns.published``; `progress` is called with each count of rows done.
    """
    count = len(corpus.directions)
    blocks = []
    for start in range(0, count, _BLOCK):
        blocks.append(_block(corpus, np.arange(start, min(start + _BLOCK, count)), published))
        progress(len(blocks[-1].seeds))
    densities = np.concatenate([block.densities for block in blocks])
    fitted = geometry.with_densities(corpus.geometry, densities, corpus.codes.astype(np.int64))
    corpus = dataclasses.replace(corpus, geometry=fitted)
    finders = _finders(blocks)
    tables = [_ranked(corpus, _with_finders(corpus, block, finders), densities) for block in blocks]
    rows, similarities = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    pairs = np.concatenate([block.copies for block in blocks])
    return Related(corpus, Neighbours(rows, similarities, densities), _groups(pairs, count))


def _block(corpus: Space, seed_rows: Rows, published: npt.NDArray[np.int64]) -> _Block:
    seeds = space.at_rows(corpus, seed_rows)
    rows = space.candidates(corpus, seeds)
    rows = np.where(rows == seed_rows[:, None], -1, rows)
    found = space.evidence(corpus, seeds, rows)
    best = np.argsort(-found.fused.evidence, axis=1, kind="stable")[:, : K + _SPARE]
    evidence = np.take_along_axis(found.fused.evidence, best, axis=1)
    same = np.take_along_axis(found.fused.same, best, axis=1)
    densities = space.density(corpus, seeds, found, live=False)
    copies = _copies(seed_rows, rows, found, published)
    kept = np.take_along_axis(rows, best, axis=1).astype(np.int32)
    return _Block(seed_rows, kept, Fused(evidence, same), densities, copies)


def _finders(blocks: Sequence[_Block]) -> csr_array:
    """Return, (n, n): in row i the evidence between article i and every article that has it among its K nearest.

    Of the ten most similar of all, lists hold with these .998 among 31,000 articles (without .992), and .992 among
    100,000 with copies that crowd the candidates (.983).
    """
    parts = []
    for block in blocks:
        kept = block.rows[:, :K] >= 0
        counts = np.count_nonzero(kept, axis=1)
        parts.append((block.fused.evidence[:, :K][kept], block.rows[:, :K][kept], counts))
    evidence, rows, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
    # Positions of 32 bits do for twenty million articles, and take half the memory.
    positions = np.append(0, np.cumsum(counts)).astype(np.int32)
    found = csr_array((evidence, rows, positions), shape=(len(counts), len(counts)))
    return found.T.tocsr()


def _with_finders(corpus: Space, block: _Block, finders: csr_array) -> _Block:
    """Return `block` with the best of those `finders` of its seeds that the seeds did not find: evidence is mutual."""
    theirs = finders[block.seeds[0] : block.seeds[-1] + 1]
    places = np.arange(len(block.seeds))
    seeds = np.repeat(places, np.diff(theirs.indptr))
    # A pair of a seed and a row as one number, so that one search finds those that are in `block`.
    stride = finders.shape[1] + 1
    known = np.sort(stride * places[:, None] + block.rows + 1, axis=1).ravel()
    pairs = stride * seeds + theirs.indices + 1
    new = np.flatnonzero(known[np.minimum(np.searchsorted(known, pairs), len(known) - 1)] != pairs)
    new = new[np.lexsort((theirs.indices[new], -theirs.data[new], seeds[new]))]
    columns = np.arange(len(new)) - np.searchsorted(seeds[new], seeds[new])
    # A hub has thousands of finders, and the block would be as wide.
    few = columns < K + _SPARE
    new, columns = new[few], columns[few]
    shape = (len(places), int(columns.max(initial=-1)) + 1)
    more, evidence = np.full(shape, -1, np.int32), np.full(shape, -np.inf, np.float32)
    more[seeds[new], columns], evidence[seeds[new], columns] = theirs.indices[new], theirs.data[new]
    rows = np.concatenate([block.rows, more], axis=1)
    same = corpus.codes[rows] == corpus.codes[block.seeds][:, None]
    fused = Fused(np.concatenate([block.fused.evidence, evidence], axis=1), same)
    return dataclasses.replace(block, rows=rows, fused=fused)


def _ranked(
    corpus: Space, block: _Block, densities: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return the K most similar of a block, in order, equal similarities by row, filled up with -1 and -inf."""
    similarities = space.similarity(corpus, block.fused, block.rows, densities, densities[block.seeds])
    order = np.lexsort((block.rows, -similarities))[:, :K]
    fill = ((0, 0), (0, K - order.shape[1]))
    rows = np.pad(np.take_along_axis(block.rows, order, axis=1), fill, constant_values=-1)
    return rows.astype(np.int32), np.pad(np.take_along_axis(similarities, order, axis=1), fill, constant_values=-np.inf)


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
