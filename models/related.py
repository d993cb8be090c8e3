"""Questions for related articles, and the pool of similar rows that answers them before any filter or ranking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from models import geometry, search, space
from models.article import Card
from models.geometry import Floats
from models.search import Mask, Rows
from models.snapshot import Snapshot
from models.space import Seeds, TextTerms

UNLIKE_WEIGHT = 0.5
"""An article that is not wanted repels half as much as a wanted one attracts (Rocchio's usual ratio is .15 to .5)."""

_ALONE = np.ones(1, np.float32)
"""The weight of a single seed."""


@dataclass(frozen=True)
class Pool:
    """Rows of a snapshot and their similarities to a question, most similar first, equal ones in row order."""

    rows: Rows
    similarities: Floats


EMPTY = Pool(np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True)
class Question:
    """What is asked about: weighted seeds, and the pool that answers without filters."""

    seeds_of: Callable[[], Seeds]
    """Gives `seeds`: the pool of one article is stored, and answers without them."""
    densities: Floats
    """(b,) of the seeds."""
    weights: Floats
    """(b,): positive for seeds to be near to, negative for seeds to be far from."""
    languages: frozenset[str]
    """Of the seeds to be near to."""
    rows: npt.NDArray[np.int64]
    """The seeds that are articles."""
    pool: Pool

    @cached_property
    def seeds(self) -> Seeds:
        """What is asked about."""
        return self.seeds_of()


def about_rows(snapshot: Snapshot, like: Sequence[int], unlike: Sequence[int] = ()) -> Question:
    """Return the question for articles near to those at rows `like` and far from those at `unlike`."""
    rows = np.array([*like, *unlike], np.int64)
    languages = frozenset([snapshot.columns.languages[snapshot.columns.language[row]] for row in like])
    seeds_of = partial(space.at_rows, snapshot.space, rows)
    densities = snapshot.neighbours.densities[rows]
    if len(rows) == 1:
        return Question(seeds_of, densities, _ALONE, languages, rows, _stored_pool(snapshot, like[0]))
    asked = unanswered(seeds_of, densities, len(like), languages, rows)
    near = np.setdiff1d(snapshot.neighbours.rows[rows[: len(like)]], np.append(rows, -1))
    return replace(asked, pool=compared(snapshot, asked, near))


def about_text(snapshot: Snapshot, vector: Floats, told: TextTerms) -> Question:
    """Return the question for articles near to a live text; `vector` is its embedding, (dim,) float32."""
    seeds = space.of_text(snapshot.space, vector, told)
    candidates = space.candidates(snapshot.space, seeds, told=told)
    found = space.evidence(snapshot.space, seeds, candidates)
    densities = space.density(snapshot.space, seeds, found, live=True)
    own = space.similarity(snapshot.space, found.fused, candidates, snapshot.neighbours.densities, densities)
    asked = unanswered(lambda: seeds, densities, 1, frozenset({told.language}), np.zeros(0, np.int64))
    return replace(asked, pool=sorted_pool(candidates[0], own[0]))


def answered_live(snapshot: Snapshot, asked: Question) -> Question:
    """Return `asked` with its pool found anew: for seeds that have no row in the neighbours table."""
    near = np.setdiff1d(space.candidates(snapshot.space, asked.seeds), np.append(asked.rows, -1))
    return replace(asked, pool=compared(snapshot, asked, near))


def unanswered(
    seeds_of: Callable[[], Seeds], densities: Floats, liked: int, languages: frozenset[str], rows: Rows
) -> Question:
    """Return a question without a pool; the first `liked` of its seeds are to be near to, the others to be far from."""
    unliked = len(densities) - liked
    shares = [np.full(liked, 1 / liked), np.full(unliked, -UNLIKE_WEIGHT / max(unliked, 1))]
    return Question(seeds_of, densities, np.concatenate(shares).astype(np.float32), languages, rows, EMPTY)


def among(snapshot: Snapshot, question: Question, allowed: Mask) -> Pool:
    """Return the `allowed` rows, (n,), compared exactly; in a large corpus, of many, those that are candidates."""
    if snapshot.space.index is None or np.count_nonzero(allowed) <= search.FEW:
        return compared(snapshot, question, np.flatnonzero(allowed))
    found = space.candidates(snapshot.space, question.seeds, allowed=allowed)
    return compared(snapshot, question, np.setdiff1d(found, [-1]))


def compared(snapshot: Snapshot, question: Question, rows: Rows) -> Pool:
    """Return `rows`, compared with the question exactly."""
    densities = snapshot.neighbours.densities
    found = space.compare(snapshot.space, question.seeds, rows, densities, question.densities)
    return sorted_pool(rows, weighted(question, found))


def weighted(question: Question, similarities: Floats) -> Floats:
    """Return (c,): the similarities (b, c) of all seeds as one."""
    return np.asarray((question.weights[:, None] * similarities).sum(axis=0), np.float32)


def sorted_pool(rows: Rows, similarities: Floats) -> Pool:
    """Return the pool of `rows` in its order."""
    order = np.lexsort((rows, -similarities))
    return Pool(rows[order], np.asarray(similarities[order], np.float32))


def related_to_row(snapshot: Snapshot, row: int, k: int) -> list[tuple[Card, float]]:
    """Return the cards of the `k` articles most similar to the one at `row`, and their scores; nothing is filtered."""
    pool = about_rows(snapshot, [row]).pool
    scores = geometry.score(pool.similarities[:k])
    return list(zip(snapshot.cards.at(pool.rows[:k].tolist()), scores.tolist(), strict=True))


def _stored_pool(snapshot: Snapshot, row: int) -> Pool:
    rows, similarities = snapshot.neighbours.rows[row], snapshot.neighbours.similarities[row]
    if rows[-1] < 0:
        count = int(np.count_nonzero(rows >= 0))
        rows, similarities = rows[:count], similarities[:count]
    return Pool(rows.astype(np.int64), similarities)
