"""Choose and build the FAISS index of a snapshot, and measure what it finds."""

from typing import Any

import faiss
import numpy as np

from models.embedder import Vectors
from models.manifest import IndexSpec
from models.search import gathered_products

_SAMPLE = 200
"""Queries on which recall is measured; 200 x 10 neighbours put its standard error below .003 at .98."""
_SEED = 0
_ROUNDING = np.float32(1e-5)
"""Products added in another order differ by less."""


def build_index(vectors: Vectors) -> tuple[Any, IndexSpec]:
    """Return a FAISS index over `vectors` ((n, dim) float32 unit rows; row i is vector i), and its description."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index, IndexSpec(kind="flat", recall_at_10=recall_at_10(index, vectors))


def recall_at_10(index: Any, vectors: Vectors) -> float:  # noqa: ANN401 - faiss.Index, see models.snapshot
    """Return the share of the exact 10 nearest that `index` finds, over a sample of the vectors (1.0 for no vectors).

    A row found counts when it is as near as the tenth exact one: among equal vectors any is right.
    """
    if not len(vectors):
        return 1.0
    sample = np.random.default_rng(_SEED).permutation(len(vectors))[:_SAMPLE]
    queries = np.asarray(vectors[sample])
    k = min(10, len(vectors))
    tenth = np.partition(queries @ vectors.T, -k, axis=1)[:, -k]
    found = np.asarray(index.search(queries, k)[1])
    near_enough = gathered_products(vectors, found, queries) >= tenth[:, None] - _ROUNDING
    return float(np.mean(near_enough & (found >= 0)))
