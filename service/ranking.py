"""From a pool of similar rows to the list that is shown: filters, near-duplicates, recency, diversity."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models import geometry
from models.columns import UNDATED, Columns, taken
from models.overrides import NONE, Overrides
from models.related import Pool, Question
from models.search import Rows
from service.schemas import Options
from service.view import View

Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float32]
Places = npt.NDArray[np.integer]
Shortfall = Literal["filters", "min_score", "corpus"]

OVERFETCH = 4
"""Diversity chooses among this many times k: from the final k it could only reorder."""
RECENCY_FLOOR = 0.5
"""However old, an article keeps half its weight: it is news that a 2019 story explains today's, so age never buries it.
With a half-life of two years this follows 1 / (1 + years) ** .3, on which other sites have settled, within .05 to
year ten."""
OTHER_LANGUAGE = 0.7
"""`language=prefer`: what the score of an article of another language than the seed's is multiplied by."""
FEW = 8
_DAY = 24 * 3600


@dataclass(frozen=True)
class Candidates:
    """Rows with what ranking asks of them, each (n,), most similar first."""

    rows: Rows
    scores: Scores
    columns: Columns
    allowed: Mask
    """Which of them may be shown at all."""


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
    if overrides == NONE:
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


def rank(view: View, question: Question, options: Options) -> Ranked:
    """Answer `question` with at most ``options.k`` rows, never one of its own; `shortfall` says why there are fewer."""
    found = _candidates(view, question, options, question.pool)
    ranked = _pick(view, question, found, options)
    # The pool holds the most similar rows: when the weakest of them fell to min_score, no other row would pass.
    if len(ranked.rows) == options.k or ranked.shortfall == "min_score":
        return ranked
    allowed = _allowed(view, question, options, view.columns)
    allowed[_unwanted(view, question, options)] = False
    if np.count_nonzero(allowed) == np.count_nonzero(found.allowed):
        return ranked
    return _pick(view, question, _candidates(view, question, options, view.among(question, allowed)), options)


def _candidates(view: View, question: Question, options: Options, pool: Pool) -> Candidates:
    columns = taken(view.columns, pool.rows)
    allowed = _allowed(view, question, options, columns)
    allowed &= ~_among(pool.rows, _unwanted(view, question, options))
    return Candidates(pool.rows, geometry.score(pool.similarities), columns, allowed)


def _pick(view: View, question: Question, found: Candidates, options: Options) -> Ranked:
    passing = found.allowed & (found.scores >= options.min_score)
    all_passed = np.count_nonzero(passing) == np.count_nonzero(found.allowed)
    places: Places = np.flatnonzero(passing)
    if options.near_duplicates == "collapse":
        places = _representatives(found, places)
    rows, scores = found.rows[places], found.scores[places]
    weights = scores * _recency(view, found, places, options) * _preference(question, found, places, options)
    order: npt.NDArray[np.integer] = np.lexsort((rows, -weights))
    if options.diversity:
        order = _diverse(view, rows, weights, order[: OVERFETCH * options.k], options)
    order = order[: options.k]
    shortfall = _shortfall(len(order), bool(all_passed), options)
    return Ranked(rows[order].tolist(), scores[order].tolist(), shortfall)


def _shortfall(count: int, all_passed: bool, options: Options) -> Shortfall | None:  # noqa: FBT001 - one caller
    if count >= options.k:
        return None
    if not all_passed:
        return "min_score"
    return "filters" if options.filtered else "corpus"


def _allowed(view: View, question: Question, options: Options, columns: Columns) -> Mask:
    """Return which of the rows that have these `columns` pass the filters."""
    allowed = np.ones(len(columns.group), np.bool_)
    languages = _languages(question, options)
    if languages is not None:
        allowed &= _named(columns.language, columns.languages, languages)
    if options.category:
        allowed &= _named(columns.category, columns.categories, options.category)
    if options.since is not None:
        allowed &= columns.published >= int(options.since.timestamp())
    if options.until is not None:
        allowed &= (columns.published <= int(options.until.timestamp())) & (columns.published != UNDATED)
    if options.near_duplicates == "collapse":
        # A copy of the seed is no related article, and a copy of an excluded one is excluded.
        allowed &= ~_among(columns.group, view.columns.group[_unwanted(view, question, options)])
    return allowed


def _unwanted(view: View, question: Question, options: Options) -> Rows:
    """Return the rows that are not wanted themselves, whatever their columns."""
    excluded = [row for row in map(view.row_of, options.exclude) if row is not None]
    return np.array([*question.rows, *excluded], np.int64)


def _named(codes: npt.NDArray[np.integer], names: tuple[str, ...], wanted: Collection[str]) -> Mask:
    return _among(codes, np.array([place for place, name in enumerate(names) if name in wanted], np.int64))


def _among(values: npt.NDArray[np.integer], wanted: npt.NDArray[np.integer]) -> Mask:
    # np.isin takes longer than all the rest of a request where little is wanted, as nearly always.
    if len(wanted) > FEW:
        return np.isin(values, wanted)
    found = np.zeros(len(values), np.bool_)
    for value in wanted:
        found |= values == value
    return found


def _languages(question: Question, options: Options) -> Collection[str] | None:
    """Return the languages that may be shown, or None for all."""
    if options.language == "same":
        return question.languages
    return None if options.language in {"any", "prefer"} else options.language.split(",")


def _representatives(found: Candidates, places: Places) -> Places:
    """Return those of `places` that stand for their near-duplicates: the newest of a group, or newest with an image."""
    columns = found.columns
    groups = columns.group[places]
    order = np.lexsort((-found.rows[places], columns.published[places], columns.pictured[places], groups))
    last = np.ones(len(order), np.bool_)
    last[:-1] = groups[order[1:]] != groups[order[:-1]]
    return places[order[last]]


def _recency(view: View, found: Candidates, places: Places, options: Options) -> Scores | float:
    """Return a factor for the age of each row when the source was read; undated articles count as one half-life old."""
    half_life = options.recency_half_life_days * _DAY
    if not half_life:
        return 1.0
    published = found.columns.published[places]
    ages = np.maximum(view.snapshot.manifest.read_at.timestamp() - published.astype(np.float64), 0)
    ages[published == UNDATED] = half_life
    return np.asarray(RECENCY_FLOOR + (1 - RECENCY_FLOOR) * 0.5 ** (ages / half_life), np.float32)


def _preference(question: Question, found: Candidates, places: Places, options: Options) -> Scores | float:
    if options.language != "prefer":
        return 1.0
    own = _named(found.columns.language[places], found.columns.languages, question.languages)
    return np.where(own, np.float32(1), np.float32(OTHER_LANGUAGE))


def _diverse(
    view: View, rows: Rows, weights: Scores, order: npt.NDArray[np.integer], options: Options
) -> npt.NDArray[np.integer]:
    """Return the start of `order` rearranged by maximal marginal relevance (Carbonell & Goldstein 1998).

    Each next row is the one of the greatest weight less its likeness to the rows before it.
    """
    directions = view.directions(rows[order])
    left = list(range(len(order)))
    likeness = np.zeros(len(order), np.float32)
    chosen: list[int] = []
    while left and len(chosen) < options.k:
        gains = (1 - options.diversity) * weights[order[left]] - options.diversity * likeness[left]
        best = left.pop(int(np.argmax(gains)))
        chosen.append(best)
        likeness = np.maximum(likeness, directions @ directions[best])
    return order[chosen]
