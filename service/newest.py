"""The newest articles of a view, of several languages: something to start from for who knows no id."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from models.article import Card
from models.search import Rows
from service.view import View

MAX_LANGUAGES = 6
"""With a dozen articles in all, two of each are left."""


def newest(view: View, count: int) -> list[Card]:
    """Return at most `count` articles, newest first: the newest of each common language, and the newest of all.

    Reads two memory-mapped columns and `count` cards a language: 30 ms for a million rows.
    """
    stored = [card for rows in _rows_by_language(view, count) for card in view.cards(rows.tolist())]
    live = [article.card for article in view.live.values()]
    cards = sorted([*stored, *live], key=_published, reverse=True)
    fair = count // min(len({card.language for card in cards}) or 1, MAX_LANGUAGES)
    # Stable: within the fair share of each language and beyond it, the newest stay first.
    by_turn = sorted(_with_turns(cards), key=lambda turn: turn[0] >= fair)
    return sorted((card for _turn, card in by_turn[:count]), key=_published, reverse=True)


def _rows_by_language(view: View, count: int) -> Iterator[Rows]:
    """Yield the rows of the `count` newest articles of each of the commonest languages."""
    columns = view.snapshot.columns
    shown = np.ones(len(columns.language), np.bool_)
    shown[list(view.hidden)] = False
    sizes = np.bincount(columns.language, minlength=len(columns.languages))
    for code in np.argsort(-sizes, kind="stable")[:MAX_LANGUAGES]:
        rows = np.flatnonzero(shown & (columns.language == code))
        first = max(len(rows) - count, 0)
        yield rows[np.argpartition(columns.published[rows], first)[first:]] if first else rows


def _with_turns(cards: list[Card]) -> Iterator[tuple[int, Card]]:
    """Yield each card with the number of cards of its language before it."""
    seen: dict[str, int] = {}
    for card in cards:
        yield seen.get(card.language, 0), card
        seen[card.language] = seen.get(card.language, 0) + 1


def _published(card: Card) -> datetime:
    return card.published_at or datetime.min.replace(tzinfo=UTC)
