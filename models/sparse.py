"""Sparse rows: the largest entries of each."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

BLOCK_ROWS = 8192


def blockwise(function: Callable[[csr_array], csr_array], rows: csr_array) -> csr_array:
    """Return what `function` makes of `rows`, a block at a time: bounds the memory that it needs."""
    starts = range(0, rows.shape[0], BLOCK_ROWS)
    return vstack([function(rows[i : i + BLOCK_ROWS]) for i in starts], format="csr") if starts else rows


def heaviest(rows: csr_array, limit: int) -> csr_array:
    """Keep the `limit` largest entries of every row (ties: the lower column), columns ascending."""
    rows.sort_indices()
    kept = np.ones(rows.nnz, dtype=np.bool_)
    lengths = np.diff(rows.indptr)
    for row in np.flatnonzero(lengths > limit):
        values = slice(rows.indptr[row], rows.indptr[row + 1])
        kept[values] = largest(rows.data[values], limit)
    indptr = np.append(0, np.cumsum(np.minimum(lengths, limit)))
    return csr_array((rows.data[kept], rows.indices[kept], indptr), shape=rows.shape)


def largest(values: Floats, limit: int) -> npt.NDArray[np.bool_]:
    """Mark the `limit` largest values (ties: the earlier)."""
    if len(values) <= limit:
        return np.ones(len(values), dtype=np.bool_)
    least = np.partition(values, -limit)[-limit]
    larger: npt.NDArray[np.bool_] = values > least
    larger[np.flatnonzero(values == least)[: limit - np.count_nonzero(larger)]] = True
    return larger


def top(rows: Ints, values: Floats, count: int) -> tuple[Ints, Floats]:
    """Return the `count` largest, largest first, equal ones by row; among those equal to the last, any are left out."""
    if len(rows) > count:
        kept = np.argpartition(-values, count - 1)[:count]
        rows, values = rows[kept], values[kept]
    order = np.lexsort((rows, -values))
    return rows[order], values[order]
