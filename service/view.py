"""A snapshot and the live changes since, seen as one corpus: live articles have the rows after the snapshot's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from models import cards, columns, related, space
from models.article import Article, Card
from models.columns import Columns
from models.geometry import Floats
from models.live import Change
from models.overrides import Overrides
from models.related import Pool, Question
from models.search import Mask, Rows
from models.snapshot import Snapshot
from models.space import Seeds, Space, TextTerms

Shown = TypeVar("Shown")


@dataclass(frozen=True)
class LiveArticle:
    """An article that was put, placed in the space of a snapshot."""

    card: Card
    seeds: Seeds
    """One seed."""
    density: Floats
    """(1,)"""
    twin: int | None
    """A row of the snapshot that it is a near-duplicate of."""


@dataclass(frozen=True)
class View:
    """What a request is answered from. Immutable: a change makes a new view."""

    snapshot: Snapshot
    live: dict[str, LiveArticle] = field(default_factory=dict)
    """By id, in the order of their rows."""
    hidden: frozenset[int] = frozenset()
    """Rows of the snapshot whose articles were deleted or put anew."""
    number: int = 0
    """Of the last live change that it shows."""
    overrides: Mapping[str, Overrides] = field(default_factory=dict)
    """The editors' hand, by the id of the article whose list it is about."""
    overrides_number: int = 0
    """Of the last overrides that it honours."""

    @cached_property
    def columns(self) -> Columns:
        """The columns of all rows, hidden ones included."""
        return columns.joined(self.snapshot.columns, self._live_columns) if self.live else self.snapshot.columns

    def __len__(self) -> int:
        """Return the number of rows, hidden ones included."""
        return self.snapshot.manifest.count + len(self.live)

    def row_of(self, article_id: str) -> int | None:
        """Return the row of an article, or None when there is none now."""
        if article_id in self._live_rows:
            return self._live_rows[article_id]
        row = self.snapshot.cards.row_of(article_id)
        return None if row in self.hidden else row

    def cards(self, rows: Sequence[int]) -> list[Card]:
        """Return the cards at `rows`, in that order."""
        return self._gathered(rows, self.snapshot.cards.at, lambda article: article.card)

    def listed(self, rows: Sequence[int]) -> list[bytes]:
        """Return what a list shows of the articles at `rows`, as `models.cards.listed` gives it."""
        return self._gathered(rows, self.snapshot.cards.listed, lambda article: cards.listed(article.card))

    def directions(self, rows: Rows) -> Floats:
        """Return the directions of `rows`, (n, dim) float32."""
        found = np.asarray(self.snapshot.space.directions[np.where(rows < self._stored, rows, 0)])
        live = rows >= self._stored
        if live.any():
            found[live] = self._space.directions[rows[live] - self._stored]
        return found

    def about_rows(self, like: Sequence[int], unlike: Sequence[int] = ()) -> Question:
        """Return the question for articles like those at rows `like` and unlike those at `unlike`."""
        rows = [*like, *unlike]
        if max(rows) < self._stored:
            return self._with_live(related.about_rows(self.snapshot, like, unlike))
        seeds = space.together([self._seeds(row) for row in rows])
        densities = np.array([self._density(row) for row in rows], np.float32)
        languages = frozenset(card.language for card in self.cards(like))
        asked = related.unanswered(lambda: seeds, densities, len(like), languages, np.array(rows, np.int64))
        return self._with_live(related.answered_live(self.snapshot, asked))

    def about_text(self, vector: Floats, told: TextTerms) -> Question:
        """Return the question for articles like a text; `vector` is its embedding, (dim,) float32."""
        return self._with_live(related.about_text(self.snapshot, vector, told))

    def compared(self, question: Question, rows: Rows) -> Pool:
        """Return `rows`, none of them hidden, compared with the question exactly."""
        pool = related.compared(self.snapshot, question, rows[rows < self._stored])
        return self._merged(pool, question, rows[rows >= self._stored])

    def among(self, question: Question, allowed: Mask) -> Pool:
        """Return the rows that are `allowed`, (n,), and not hidden, as `models.related.among` finds them."""
        stored, live = allowed[: self._stored].copy(), allowed[self._stored :]
        stored[self._hidden] = False
        pool = related.among(self.snapshot, question, stored)
        return self._merged(pool, question, self._stored + np.flatnonzero(live))

    def _gathered(
        self, rows: Sequence[int], stored: Callable[[Sequence[int]], list[Shown]], live: Callable[[LiveArticle], Shown]
    ) -> list[Shown]:
        if not self.live:
            return stored(rows)
        found = iter(stored([row for row in rows if row < self._stored]))
        return [next(found) if row < self._stored else live(self._articles[row - self._stored]) for row in rows]

    def _with_live(self, question: Question) -> Question:
        if not self.live and not self.hidden:
            return question
        shown = ~np.isin(question.pool.rows, self._hidden)
        pool = Pool(question.pool.rows[shown], question.pool.similarities[shown])
        added = np.setdiff1d(np.arange(self._stored, len(self)), question.rows)
        return replace(question, pool=self._merged(pool, question, added))

    def _merged(self, pool: Pool, question: Question, live_rows: Rows) -> Pool:
        if not len(live_rows):
            return pool
        places = live_rows - self._stored
        compared = space.compare(self._space, question.seeds, places, self._densities, question.densities)
        similarities = np.concatenate([pool.similarities, related.weighted(question, compared)])
        return related.sorted_pool(np.concatenate([pool.rows, live_rows]), similarities)

    def _seeds(self, row: int) -> Seeds:
        if row >= self._stored:
            return self._articles[row - self._stored].seeds
        return space.at_rows(self.snapshot.space, np.array([row]))

    def _density(self, row: int) -> float:
        if row >= self._stored:
            return float(self._densities[row - self._stored])
        return float(self.snapshot.neighbours.densities[row])

    @property
    def _stored(self) -> int:
        return self.snapshot.manifest.count

    @cached_property
    def _hidden(self) -> Rows:
        return np.array(sorted(self.hidden), np.int64)

    @cached_property
    def _articles(self) -> list[LiveArticle]:
        return list(self.live.values())

    @cached_property
    def _densities(self) -> Floats:
        return np.concatenate([article.density for article in self._articles])

    @cached_property
    def _space(self) -> Space:
        seeds = space.together([article.seeds for article in self._articles])
        return space.of_seeds(self.snapshot.space, seeds)

    @cached_property
    def _live_rows(self) -> dict[str, int]:
        return {article_id: self._stored + place for place, article_id in enumerate(self.live)}

    @cached_property
    def _live_columns(self) -> Columns:
        own = self.snapshot.columns.group
        group = [
            self._stored + place if article.twin is None else int(own[article.twin])
            for place, article in enumerate(self._articles)
        ]
        shown = [article.card for article in self._articles]
        return columns.columns_of(shown, np.array(group, np.int32), after=self.snapshot.columns)


def changed(view: View, changes: Sequence[Change]) -> View:
    """Return `view` with `changes` made, in their order. Each change with an article carries its vector."""
    live, hidden, number = dict(view.live), set(view.hidden), view.number
    for change in changes:
        live.pop(change.id, None)
        row = view.snapshot.cards.row_of(change.id)
        if row is not None:
            hidden.add(row)
        if change.article is not None and change.vector is not None:
            live[change.id] = _placed(view.snapshot, change.article, change.vector)
        number = change.number
    return replace(view, live=live, hidden=frozenset(hidden), number=number)


def _placed(snapshot: Snapshot, article: Article, vector: Floats) -> LiveArticle:
    told = space.terms_of_text(snapshot.space, article.title, article.text, article.language)
    seeds = space.of_text(snapshot.space, vector, told)
    candidates = space.candidates(snapshot.space, seeds, told=told)
    found = space.evidence(snapshot.space, seeds, candidates)
    density = space.density(snapshot.space, seeds, found, live=True)
    published = np.array([[columns.published_second(article)]], np.int64)
    copies = space.copies(found, candidates, published, snapshot.columns.published[candidates])
    best = int(np.argmax(np.where(copies, found.fused.evidence, -np.inf)))
    return LiveArticle(article.card, seeds, density, int(candidates[0, best]) if copies.any() else None)
