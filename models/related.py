"""Related articles: of an article of the snapshot, or of a vector. Both sides of the house call these."""

import numpy as np

from models.article import Card
from models.embedder import Vectors
from models.snapshot import Snapshot

Related = list[tuple[Card, float]]
"""Cards with their scores, 0..1, nearest first."""


def related_to_row(snapshot: Snapshot, row: int, k: int) -> Related:
    """Return the `k` articles nearest to the article at `row`, never that article itself."""
    return _nearest(snapshot, np.asarray(snapshot.vectors[row]), k, seed_row=row)


def related_to_vector(snapshot: Snapshot, vector: Vectors, k: int) -> Related:
    """Return the `k` articles nearest to `vector` ((dim,) float32, unit length)."""
    return _nearest(snapshot, vector, k, seed_row=None)


def _nearest(snapshot: Snapshot, vector: Vectors, k: int, seed_row: int | None) -> Related:
    rows, similarities = snapshot.search(vector[None, :], k + (seed_row is not None))
    found = [(int(row), float(s)) for row, s in zip(rows[0], similarities[0], strict=True) if row != seed_row][:k]
    cards = snapshot.cards.at([row for row, _ in found])
    return [(card, min(max(similarity, 0.0), 1.0)) for card, (_, similarity) in zip(cards, found, strict=True)]
