"""From pools of similar rows to the lists that are shown: filters, near-duplicates, recency, diversity.

Several lists are ranked together where they can be: NumPy takes as long to be called as to rank one.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models import geometry
from models.columns import UNDATED
from models.geometry import Floats
from models.overrides import Overrides
from models.related import Question
from models.search import Mask, Rows
from models.snapshot import Snapshot
from service.filters import EVERY, Asked, among, asked_of, refused
from service.schemas import Options, Shortfall
from service.view import View

Places = npt.NDArray[np.integer]

OVERFETCH = 4
"""Diversity chooses among this many times k: from the final k it could only reorder."""
RECENCY_FLOOR = 0.5
"""However old, an article keeps half its weight: it is news that a 2019 story explains today's, so age never buries it.
With a half-life of two years this follows 1 / (1 + years) ** .3, on which other sites have settled, within .05 to
year ten."""
OTHER_LANGUAGE = 0.7
"""`language=prefer`: what the score of an article of another language than the seed's is multiplied by."""
_DAY = 24 * 3600


@dataclass(frozen=True)
class Ranked:
    """Rows to show, in order, with their scores; the order also reflects recency, language and diversity."""

    rows: list[int]
    scores: list[float]
    shortfall: Shortfall | None
    pinned: int = 0
    """How many of the first rows an editor pinned."""


def rank_with_overrides(view: View, question: Question, options: Options, overrides: Overrides) -> Ranked:
    """Answer as `rank` does, with an editor's pins first and without what the editor blocked.

    A pin comes whatever its score, language, category and date; only ``options.exclude`` keeps it out.
    """
    if not overrides.pins and not overrides.blocks:
        return rank(view, question, options)
    pinned = [view.row_of(name) for name in dict.fromkeys(overrides.pins) if name not in options.exclude]
    pins = [row for row in pinned if row is not None and row not in question.rows][: options.k]
    unwanted = (*options.exclude, *overrides.pins, *overrides.blocks)
    rest = rank(view, question, options.model_copy(update={"k": options.k - len(pins), "exclude": unwanted}))
    pool = view.compared(question, np.array(pins, np.int64))
    score_of = dict(zip(pool.rows.tolist(), geometry.score(pool.similarities).tolist(), strict=True))
    # An editor's decisions are no filter of whoever asks.
    shortfall = "corpus" if rest.shortfall == "filters" and not options.filtered else rest.shortfall
    return Ranked([*pins, *rest.rows], [*(score_of[row] for row in pins), *rest.scores], shortfall, len(pins))


@dataclass(frozen=True)
class Lists:
    """What is shown, one a row."""

    rows: npt.NDArray[np.int32]
    """(b, k) in order, as many as `counts` says."""
    scores: Floats
    """(b, k)"""
    counts: npt.NDArray[np.int32]
    """(b,)"""
    below: Mask
    """(b,): whether some of the pool passed the filters and not the least score."""


def rank(view: View, question: Question, options: Options) -> Ranked:
    """Answer `question` with at most ``options.k`` rows, never one of its own; `shortfall` says why there are fewer."""
    asked = asked_of(view, question, options)
    lists = rank_together(view, asked, options)
    ranked = ranked_at(0, lists, options)
    # The pool holds the most similar rows: when the weakest of them fell to min_score, no other row would pass.
    if ranked.shortfall in {None, "min_score"}:
        return ranked
    allowed = ~refused(view, asked, options, EVERY)[0]
    allowed[asked.unwanted[0]] = False
    if np.count_nonzero(allowed) == np.count_nonzero(allowed[question.pool.rows]):
        return ranked
    pool = view.among(question, allowed)
    asked = replace(asked, rows=pool.rows[None], similarities=pool.similarities[None])
    return ranked_at(0, rank_together(view, asked, options), options)


def rank_stored(snapshot: Snapshot, rows: Rows, options: Options) -> Lists:
    """Return the lists of the articles at `rows`, (b,), as far as their stored pools reach; nothing is excluded."""
    table = snapshot.neighbours
    languages = snapshot.columns.language[rows]
    asked = Asked(table.rows[rows].astype(np.int64), table.similarities[rows], languages[:, None], rows[:, None])
    return rank_together(View(snapshot), asked, options)


def ranked_at(place: int, lists: Lists, options: Options) -> Ranked:
    """Return the list at `place` of several."""
    count = int(lists.counts[place])
    shortfall: Shortfall | None = None
    if count < options.k:
        shortfall = "min_score" if lists.below[place] else "filters" if options.filtered else "corpus"
    return Ranked(lists.rows[place, :count].tolist(), lists.scores[place, :count].tolist(), shortfall)


def rank_together(view: View, asked: Asked, options: Options) -> Lists:
    """Return the list of each pool, without looking beyond it; equal weights stay in the order of the pool."""
    rows, each = asked.rows, np.arange(len(asked.rows))[:, None]
    allowed = (rows >= 0) & ~refused(view, asked, options, rows)
    if options.near_duplicates == "show":  # else each was refused as a copy of itself
        allowed &= ~among(rows, asked.unwanted)
    scores = geometry.score(asked.similarities)
    passed = allowed & (scores >= options.min_score)
    shown = passed & _standing(view, rows, passed) if options.near_duplicates == "collapse" else passed
    weights = scores * _recency(view, rows, options) * _preference(view, asked, options)
    weights = np.where(shown, weights, np.float32(-1))
    order: Places = np.argsort(-weights, axis=1, kind="stable")
    counts = shown.sum(axis=1, dtype=np.int32)  # in half the time of np.count_nonzero along an axis
    if options.diversity:
        for place, count in enumerate(counts.tolist()):
            first = order[place, : min(count, OVERFETCH * options.k)]
            first[:] = first[_diverse(view, rows[place, first], weights[place, first], options)]
    order = order[:, : options.k]
    below = np.any(allowed > passed, axis=1)
    return Lists(rows[each, order].astype(np.int32), scores[each, order], np.minimum(counts, options.k), below)


def _standing(view: View, rows: Rows, passed: Mask) -> Mask:
    """Return which of `rows` stand for those of their near-duplicates that `passed`: the newest, or newest pictured."""
    columns = view.columns
    groups = np.where(passed, columns.group[rows], -1)
    order = np.lexsort((-rows, columns.published[rows], columns.pictured[rows], groups), axis=1)
    each = np.arange(len(rows))[:, None]
    ordered = groups[each, order]
    last = np.ones(rows.shape, np.bool_)
    last[:, :-1] = ordered[:, 1:] != ordered[:, :-1]
    stands = np.empty(rows.shape, np.bool_)
    stands[each, order] = last
    return stands


def _recency(view: View, rows: Rows, options: Options) -> Floats | float:
    """Return a factor for the age of each row when the source was read; undated articles count as one half-life old."""
    if not options.recency_half_life_days:
        return 1.0
    half_life = max(options.recency_half_life_days * _DAY, 1)  # dates are whole seconds, and far less would overflow
    published = view.columns.published[rows]
    halvings = (published - view.snapshot.manifest.read_at.timestamp()) / -half_life
    halvings[published == UNDATED] = 1
    fresh = np.exp2(-np.maximum(halvings, 0))
    return np.asarray(RECENCY_FLOOR + (1 - RECENCY_FLOOR) * fresh, np.float32)


def _preference(view: View, asked: Asked, options: Options) -> Floats | float:
    if options.language != "prefer":
        return 1.0
    own = among(view.columns.language[asked.rows], asked.languages)
    return np.where(own, np.float32(1), np.float32(OTHER_LANGUAGE))


def _diverse(view: View, rows: Rows, weights: Floats, options: Options) -> Places:
    """Return the places of `rows`, (c,), the first k chosen by maximal marginal relevance (Carbonell & Goldstein 1998).

    Each next row is the one of the greatest weight less its likeness to the rows before it.
    """
    directions = view.directions(rows)
    left = list(range(len(rows)))
    likeness = np.zeros(len(rows), np.float32)
    chosen: list[int] = []
    while left and len(chosen) < options.k:
        gains = (1 - options.diversity) * weights[left] - options.diversity * likeness[left]
        best = left.pop(int(np.argmax(gains)))
        chosen.append(best)
        likeness = np.maximum(likeness, directions @ directions[best])
    return np.array([*chosen, *left], np.int64)
