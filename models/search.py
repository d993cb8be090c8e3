"""Nearest vectors in a fixed order: exactly what a sort of all inner products would give, ties in row order."""

from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Similarities = npt.NDArray[np.float32]

_MARGIN = 16
"""How many more rows than k are fetched, so that equal similarities can be put in row order."""
_MOST = 4_096
"""Never fetch more for the sake of ties: among thousands of equal vectors any will do."""
_BLOCK = 64
"""Queries gathered at a time: 64 x 400 x 384 floats stay near the cache, and bound the memory at 40 MB."""
_ROUNDING = 1e-5
"""FAISS and NumPy add the same products in another order: their results differ by less than this."""


def inner_products(left: Vectors, right: Vectors) -> Similarities:
    """Return the inner products over the last axis, each computed alike whatever stands beside it in the array.

    BLAS gives a row another last bit in a large product than in a small one, and equal vectors would no longer tie.
    """
    return np.asarray((left * right).sum(axis=-1, dtype=np.float32))


def gathered_products(vectors: Vectors, rows: Rows, queries: Vectors) -> Similarities:
    """Return (m, c): the inner product of each query (m, dim) with the `vectors` at its `rows` (m, c)."""
    parts = [
        inner_products(vectors[rows[start : start + _BLOCK]], queries[start : start + _BLOCK, None, :])
        for start in range(0, len(rows), _BLOCK)
    ]
    return np.concatenate(parts) if parts else np.zeros(rows.shape, np.float32)


def nearest(index: Any, vectors: Vectors, queries: Vectors, k: int) -> tuple[Rows, Similarities]:  # noqa: ANN401
    """Return the `k` rows nearest to each query and their inner products, both (m, min(k, n)), nearest first.

    `index` is a faiss.Index over `vectors` ((n, dim) float32); `queries` is (m, dim) float32.
    """
    k = min(k, len(vectors))
    return _nearest(index, vectors, queries, k, min(k + _MARGIN, len(vectors)))


def _nearest(
    index: Any,  # noqa: ANN401
    vectors: Vectors,
    queries: Vectors,
    k: int,
    fetched: int,
) -> tuple[Rows, Similarities]:
    rows = np.asarray(index.search(queries, fetched)[1], np.int64)
    similarities = np.where(rows >= 0, gathered_products(vectors, rows, queries), -np.inf)
    order = np.lexsort((rows, -similarities))
    rows = np.take_along_axis(rows, order, axis=1)
    similarities = np.take_along_axis(similarities, order, axis=1)
    tied = similarities[:, -1] >= similarities[:, k - 1] - _ROUNDING
    rows, similarities = rows[:, :k], similarities[:, :k]
    if fetched < min(len(vectors), _MOST) and tied.any():
        rows[tied], similarities[tied] = _nearest(index, vectors, queries[tied], k, min(4 * fetched, len(vectors)))
    return rows, similarities
