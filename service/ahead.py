"""Lists ranked before they are asked for: those of neighbouring rows together.

NumPy takes as long to be called as to rank a list: 8, 16, 32 and 64 lists together take as long as 1.8, 2.6, 4.4 and
7.9 that are ranked one by one. Rows are in the order of the articles' ids, and ids that lie near to each other are
mostly of the same days, which readers share.
"""

import itertools
import threading
from dataclasses import dataclass, field

import numpy as np

from models.snapshot import Snapshot
from service.ranking import Lists, Ranked, rank_stored, ranked_at
from service.schemas import Options
from service.view import View

Key = tuple[str, int]
"""A query string and the number of a block."""

BLOCK = 32
_OVERHEAD = 1_500
"""Bytes that the counts of a block and its place take."""


@dataclass
class Ahead:
    """Those of one snapshot."""

    snapshot: Snapshot | None
    lists: dict[Key, Lists] = field(default_factory=dict)
    size: int = 0
    """Bytes"""
    full: bool = False


class RankedAhead:
    """Keeps lists as rows and scores, `limit` bytes of them.

    Where more is asked for, most of the others are ranked by themselves: a block of which one list is shown before it
    is let go takes five times as long. For one in `BLOCK` the oldest makes room, so that what is kept is what is asked
    for.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ahead = Ahead(None)
        self._turns = itertools.count(1)
        self._writing = threading.Lock()

    def ranked(self, view: View, row: int, query: str, options: Options) -> Ranked | None:
        """Return the list of the article at `row`, or None where it has to be ranked by itself.

        `options` are those that `query` asks for.
        """
        ahead = self._of(view.snapshot)
        if not self._limit or view.live or view.hidden or options.diversity or options.exclude:
            return None
        block, place = divmod(row, BLOCK)
        lists = ahead.lists.get((query, block))
        if lists is None:
            if ahead.full and next(self._turns) % BLOCK:
                return None
            count = min(BLOCK, view.snapshot.manifest.count - block * BLOCK)
            lists = rank_stored(view.snapshot, block * BLOCK + np.arange(count), options)
            self._keep(ahead, (query, block), lists)
        ranked = ranked_at(place, lists, options)
        # Others may be found beyond the stored pool.
        return ranked if ranked.shortfall in {None, "min_score"} else None

    def _keep(self, ahead: Ahead, key: Key, lists: Lists) -> None:
        with self._writing:
            if key in ahead.lists:
                return
            ahead.lists[key] = lists
            ahead.size += _size(key, lists)
            while ahead.size > self._limit:
                ahead.full = True
                oldest = next(iter(ahead.lists))
                ahead.size -= _size(oldest, ahead.lists.pop(oldest))

    def _of(self, snapshot: Snapshot) -> Ahead:
        """Return what is kept of the snapshot that is served now: with another, everything is forgotten."""
        ahead = self._ahead
        if ahead.snapshot is not snapshot:
            self._ahead = ahead = Ahead(snapshot)
        return ahead


def _size(key: Key, lists: Lists) -> int:
    return len(key[0]) + lists.rows.nbytes + lists.scores.nbytes + _OVERHEAD
