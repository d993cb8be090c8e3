"""Nearest vectors in a fixed order, ties in row order: what a sort of all inner products gives.

Where compressed vectors find them, some may be missed; the order of those found is exact.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Similarities = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_FAISS: Any = faiss
"""Its types describe the C++ functions, and not what Python may call them with."""
_MARGIN = 16
"""How many more rows than k are fetched, so that equal similarities can be put in row order."""
_MOST = 4_096
"""Never fetch more for the sake of ties: among thousands of equal vectors any will do."""
FEW = 20_000
"""Allowed rows that are all compared even where there is an index: 16 ms of CPU time."""
_QUERY_BITS = 4
"""To which a query is rounded while codes are compared. 3, 4, 8: the same recall; .35, .34, .37 ms. None: 17 ms."""
ROUNDED_FROM = 5_000
"""Fewer vectors are compared as they are, in a fifth of a millisecond."""
_FETCHED = 4
"""Rounded vectors fetched for each that is wanted. Of the 200 nearest of each of 500 titles, among 31,000 articles, 2,
3 and 4 find .990, .9990 and .9999; 3 find all of the 100 nearest."""
_ROUNDS, _LEARNT_FROM = 10, 128
"""Of k-means, and vectors a point. 25 and 256: the same recall after .8 s of CPU time, not .2."""
_ROUNDING = 1e-5
"""FAISS and NumPy add the same products in another order: their results differ by less than this."""


Search = Callable[[Vectors, int], Rows]
"""Called with queries and a count, returns (m, count) rows in any order, -1 for none."""


@dataclass(frozen=True)
class Index:
    """An inverted file of compressed vectors, and how much of it a search looks at."""

    lists: Any
    """A faiss.IndexIVF with RaBitQ codes; entry i is row i."""
    probes: int
    """How many of its lists are searched."""
    fetched: int
    """How many rows are taken from them, at least, to be compared exactly."""

    def search(self, allowed: Mask | None, queries: Vectors, count: int) -> Rows:
        """Return the `count` rows, (m, count), whose codes are nearest to `queries`; -1 where there were no more.

        When only some rows are `allowed`, (n,), as many more lists are searched as they hold fewer of those.
        """
        probes, selector = self.probes, None
        if allowed is not None:
            probes = min(math.ceil(probes * len(allowed) / np.count_nonzero(allowed)), self.lists.nlist)
            selector = _FAISS.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        effort = _FAISS.IVFRaBitQSearchParameters(nprobe=probes, sel=selector, qb=_QUERY_BITS)
        return np.asarray(self.lists.search(queries, count, params=effort)[1])


@dataclass(frozen=True)
class Rounded:
    """All vectors at two bits a dimension: each pair of dimensions as the nearest of 16 points (Jégou et al. 2011).

    For one query, which waits for memory: what it reads, and then the encoder's weights, which that drove out of the
    caches. 31,000 vectors, bits a dimension 32, 8, 4, 2: ms a search after an embedding 1.55, .51, .89, .16; ms that it
    adds to the next embedding .74, .50, .22, .12. The floats of those found then decide.
    """

    entries: Any
    """A faiss.IndexPQFastScan; entry i is row i."""

    def search(self, queries: Vectors, count: int) -> Rows:
        """Return the `count` rows, (m, count), whose codes are nearest to `queries`; -1 where there were no more."""
        return np.asarray(self.entries.search(queries, count)[1])


def rounded(vectors: Vectors) -> Rounded:
    """Return `vectors`, (n, dim), rounded. Where dim is odd, each dimension is rounded by itself."""
    dim = vectors.shape[1]
    entries = _FAISS.IndexPQFastScan(dim, dim if dim % 2 else dim // 2, 4, faiss.METRIC_INNER_PRODUCT)
    learning = entries.pq.cp
    learning.niter, learning.max_points_per_centroid = _ROUNDS, _LEARNT_FROM
    learning.min_points_per_centroid = 1  # it warns of fewer, which only tests have
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of this thread: two wait for each other ten times as long as the work takes
    try:
        entries.train(vectors)
    finally:
        faiss.omp_set_num_threads(threads)
    entries.add(vectors)
    return Rounded(entries)


def save_rounded(vectors: Rounded, path: Path) -> None:
    """Write `vectors`."""
    faiss.serialize_index(vectors.entries).tofile(path)


def load_rounded(path: Path) -> Rounded:
    """Read what `save_rounded` wrote."""
    return Rounded(faiss.read_index(str(path)))


def save(index: Index, path: Path) -> None:
    """Write the lists of `index`."""
    faiss.serialize_index(index.lists).tofile(path)


def load(path: Path, probes: int, fetched: int) -> Index:
    """Memory-map what `save` wrote."""
    # IO_FLAG_MMAP alone reads some indexes into memory; with _IFC the pages are mapped and shared by all workers.
    return Index(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), probes, fetched)


def gathered_products(vectors: Vectors, rows: Rows, queries: Vectors) -> Similarities:
    """Return (m, c): the inner product of each query (m, dim) with the `vectors` at its `rows` (m, c); -inf for row -1.

    Each is computed alike whatever stands beside it. BLAS gives a row another last bit in a large product than in a
    small one, and equal vectors would no longer tie.
    """
    rows, queries = np.ascontiguousarray(rows, np.int64), np.ascontiguousarray(queries)
    products = np.empty(rows.shape, np.float32)
    parts = [faiss.swig_ptr(part) for part in (products, queries, vectors, rows)]
    _FAISS.fvec_inner_products_by_idx(*parts, queries.shape[1], *rows.shape)
    return products


def nearest(
    index: Index | Rounded | None, vectors: Vectors, queries: Vectors, k: int, allowed: Mask | None = None
) -> tuple[Rows, Similarities]:
    """Return the `k` rows nearest to each query and their inner products, both (m, min(k, n)), nearest first.

    `vectors` is (n, dim) float32, `index` one over them, or None to compare them all; `queries` is (m, dim) float32.
    Where it is `Rounded`, that serves a single query; several are compared faster as floats, by products of matrices.
    With `allowed`, (n,), only its rows are searched. Where an index finds fewer than k, the rest is -1 and -inf.
    """
    k = _at_most(k, vectors, allowed)
    if not k:
        return np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32)
    if isinstance(index, Rounded) and len(queries) == 1 and allowed is None:
        found = _nearest(index.search, vectors, queries, k, _FETCHED * k + _MARGIN)
        if (found[0] >= 0).all():
            return found
        # FastScan leaves out rows whose products are the least possible: among equal vectors all of them.
    if isinstance(index, Index) and not _few(allowed):
        return _nearest(partial(index.search, allowed), vectors, queries, k, max(k + _MARGIN, index.fetched))
    return _nearest(partial(_compare_all, vectors, allowed), vectors, queries, k, k + _MARGIN)


def near_rows(
    index: Index | Rounded | None, vectors: Vectors, queries: Vectors, k: int, allowed: Mask | None = None
) -> Rows:
    """Return the rows that `nearest` does, where any of equally near ones will do.

    Several queries that are compared with all rows get them in the order that products of matrices give; to compute
    the products again as `nearest` does takes a tenth of the time in which a build finds the neighbours of 31,000.
    """
    k = _at_most(k, vectors, allowed)
    if k and len(queries) > 1 and (not isinstance(index, Index) or _few(allowed)):
        return _compare_all(vectors, allowed, queries, k)
    return nearest(index, vectors, queries, k, allowed)[0]


def _at_most(k: int, vectors: Vectors, allowed: Mask | None) -> int:
    return min(k, len(vectors) if allowed is None else int(np.count_nonzero(allowed)))


def _few(allowed: Mask | None) -> bool:
    return allowed is not None and int(np.count_nonzero(allowed)) <= FEW


def _compare_all(vectors: Vectors, allowed: Mask | None, queries: Vectors, count: int) -> Rows:
    """Return the `count` nearest of all rows, (m, min(count, n))."""
    if allowed is None:
        return np.asarray(faiss.knn(queries, vectors, min(count, len(vectors)), faiss.METRIC_INNER_PRODUCT)[1])
    rows = np.flatnonzero(allowed)
    if len(queries) > 1:  # multiplied as matrices they are worth a copy of the rows
        return np.asarray(rows[_compare_all(vectors[rows], None, queries, count)])
    products = gathered_products(vectors, rows[None, :], queries)
    return rows[np.argpartition(-products, min(count, len(rows)) - 1, axis=1)[:, :count]]


def _nearest(search: Search, vectors: Vectors, queries: Vectors, k: int, fetched: int) -> tuple[Rows, Similarities]:
    found = np.sort(search(queries, fetched), axis=1)
    products = gathered_products(vectors, found, queries)
    order = np.argsort(-products, axis=1, kind="stable")[:, :k]
    each = np.arange(len(queries))[:, None]
    rows, similarities = found[each, order], products[each, order]
    more = found.shape[1] == fetched < _MOST
    tied = (products.min(axis=1) >= similarities[:, -1] - _ROUNDING) & (found[:, 0] >= 0)
    if more and tied.any():
        rows[tied], similarities[tied] = _nearest(search, vectors, queries[tied], k, 4 * fetched)
    return rows, similarities
