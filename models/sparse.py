"""Sparse rows, and the largest entries of each."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Values = npt.NDArray[np.floating] | npt.NDArray[np.uint8]
Places = npt.NDArray[np.integer]

BLOCK_ROWS = 8192
_NARROW = np.iinfo(np.int32)


def rows_of(values: Values, columns: Places, starts: Places, shape: tuple[int, int]) -> csr_array:
    """Return sparse rows (n, m): row i holds ``values[starts[i]:starts[i + 1]]`` in the `columns` at the same places.

    Positions take 32 bits where these suffice: a `csr_array` takes 64 for all of them when it is given any in 64.
    """
    kind = np.int32 if max(len(columns), *shape) <= _NARROW.max else np.int64
    return csr_array((values, np.asarray(columns, kind), np.asarray(starts, kind)), shape=shape)


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
    return rows_of(rows.data[kept], rows.indices[kept], indptr, rows.shape)


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
        # The least of the `count` largest of a sample is a bound for all: 100 of 30,000 in .04 ms instead of .38.
        some = values[:: math.isqrt(len(values) // count)]
        kept = np.flatnonzero(values >= np.partition(some, -count)[-count])
        kept = kept[np.argpartition(-values[kept], count - 1)[:count]]
        rows, values = rows[kept], values[kept]
    order = np.lexsort((rows, -values))
    return rows[order], values[order]
