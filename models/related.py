"""Questions for related articles, and the pool of similar rows that answers them before any filter or ranking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models import geometry, space
from models.article import Card
from models.geometry import Floats
from models.search import Rows
from models.snapshot import Snapshot
from models.space import Seeds

UNLIKE_WEIGHT = 0.5
"""An article that is not wanted repels half as much as a wanted one attracts (Rocchio's usual ratio is .15 to .5)."""


@dataclass(frozen=True)
class Pool:
    """Rows of a snapshot and their similarities to a question, most similar first, equal ones in row order."""

    rows: Rows
    similarities: Floats


@dataclass(frozen=True)
class Question:
    """What is asked about: weighted seeds, and the pool that answers without filters."""

    seeds: Seeds
    densities: Floats
    """(b,) of the seeds."""
    weights: Floats
    """(b,): positive for seeds to be near to, negative for seeds to be far from."""
    rows: npt.NDArray[np.int64]
    """The seeds that are articles of the snapshot."""
    pool: Pool


def about_rows(snapshot: Snapshot, like: Sequence[int], unlike: Sequence[int] = ()) -> Question:
    """Return the question for articles near to those at rows `like` and far from those at `unlike`."""
    rows = np.array([*like, *unlike], np.int64)
    seeds = space.at_rows(snapshot.space, rows)
    shares = [np.full(len(like), 1 / len(like)), np.full(len(unlike), -UNLIKE_WEIGHT / max(len(unlike), 1))]
    weights = np.concatenate(shares).astype(np.float32)
    densities = np.asarray(snapshot.neighbours.densities[rows])
    if len(rows) == 1:
        return Question(seeds, densities, weights, rows, _stored_pool(snapshot, rows[0]))
    near = np.setdiff1d(snapshot.neighbours.rows[rows[: len(like)]], np.append(rows, -1))
    unranked = Question(seeds, densities, weights, rows, Pool(near, np.zeros(len(near), np.float32)))
    return Question(seeds, densities, weights, rows, among(snapshot, unranked, near))


def about_text(snapshot: Snapshot, vector: Floats, title: str, text: str, language: str) -> Question:
    """Return the question for articles near to a live text; `vector` is its embedding, (dim,) float32."""
    seeds = space.of_text(snapshot.space, vector, title, text, language)
    candidates = space.candidates(snapshot.space, seeds)
    found = space.evidence(snapshot.space, seeds, candidates)
    densities = space.density(snapshot.space, seeds, found, live=True)
    own = space.similarity(snapshot.space, found, candidates, snapshot.neighbours.densities, densities)
    return Question(seeds, densities, np.ones(1, np.float32), np.zeros(0, np.int64), _sorted(candidates[0], own[0]))


def among(snapshot: Snapshot, question: Question, rows: Rows) -> Pool:
    """Return all of `rows`, compared with the question exactly."""
    densities = snapshot.neighbours.densities
    similarities = space.compare(snapshot.space, question.seeds, rows, densities, question.densities)
    return _sorted(rows, (question.weights[:, None] * similarities).sum(axis=0))


def related_to_row(snapshot: Snapshot, row: int, k: int) -> list[tuple[Card, float]]:
    """Return the cards of the `k` articles most similar to the one at `row`, and their scores; nothing is filtered."""
    pool = about_rows(snapshot, [row]).pool
    scores = geometry.score(pool.similarities[:k])
    return list(zip(snapshot.cards.at(pool.rows[:k].tolist()), scores.tolist(), strict=True))


def _stored_pool(snapshot: Snapshot, row: np.int64) -> Pool:
    rows = snapshot.neighbours.rows[row]
    count = int(np.count_nonzero(rows >= 0))
    return Pool(rows[:count].astype(np.int64), np.asarray(snapshot.neighbours.similarities[row, :count]))


def _sorted(rows: Rows, similarities: Floats) -> Pool:
    order = np.lexsort((rows, -similarities))
    return Pool(rows[order], np.asarray(similarities[order], np.float32))
