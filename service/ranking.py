"""From a pool of similar rows to the list that is shown: filters, near-duplicates, recency, diversity."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models import geometry
from models.columns import UNDATED
from models.overrides import Overrides
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


def rank(view: View, question: Question, options: Options) -> Ranked:
    """Answer `question` with at most ``options.k`` rows, never one of its own; `shortfall` says why there are fewer."""
    unwanted = _unwanted(view, question, options)
    pool = _allowed_pool(view, question, options, unwanted)
    ranked = _pick(view, question, pool, options)
    # The pool holds the most similar rows: when the weakest of them fell to min_score, no other row would pass.
    if len(ranked.rows) == options.k or ranked.shortfall == "min_score":
        return ranked
    allowed = ~_refused(view, question, options, unwanted, slice(None))
    allowed[unwanted] = False
    if np.count_nonzero(allowed) == len(pool.rows):
        return ranked
    return _pick(view, question, view.among(question, allowed), options)


def _allowed_pool(view: View, question: Question, options: Options, unwanted: Rows) -> Pool:
    pool = question.pool
    allowed = ~(_refused(view, question, options, unwanted, pool.rows) | _among(pool.rows, unwanted))
    return Pool(pool.rows[allowed], pool.similarities[allowed])


def _pick(view: View, question: Question, pool: Pool, options: Options) -> Ranked:
    scores = geometry.score(pool.similarities)
    passing = scores >= options.min_score
    rows, scores = pool.rows[passing], scores[passing]
    all_passed = len(rows) == len(passing)
    if options.near_duplicates == "collapse":
        shown = _representatives(view, rows)
        rows, scores = rows[shown], scores[shown]
    weights = scores * _recency(view, rows, options) * _preference(view, question, rows, options)
    order: npt.NDArray[np.integer] = np.lexsort((rows, -weights))
    if options.diversity:
        order = _diverse(view, rows, weights, order[: OVERFETCH * options.k], options)
    order = order[: options.k]
    shortfall = _shortfall(len(order), all_passed, options)
    return Ranked(rows[order].tolist(), scores[order].tolist(), shortfall)


def _shortfall(count: int, all_passed: bool, options: Options) -> Shortfall | None:  # noqa: FBT001 - one caller
    if count >= options.k:
        return None
    if not all_passed:
        return "min_score"
    return "filters" if options.filtered else "corpus"


def _refused(view: View, question: Question, options: Options, unwanted: Rows, rows: Rows | slice) -> Mask:
    """Return which of `rows` do not pass the filters, or are copies of `unwanted` ones."""
    columns = view.columns
    group, published = columns.group[rows], columns.published[rows]
    refused = np.zeros(len(group), np.bool_)
    languages = _languages(question, options)
    if languages is not None:
        refused |= ~_named(columns.language[rows], columns.languages, languages)
    if options.category:
        refused |= ~_named(columns.category[rows], columns.categories, options.category)
    if options.since is not None:
        refused |= published < int(options.since.timestamp())
    if options.until is not None:
        refused |= (published > int(options.until.timestamp())) | (published == UNDATED)
    if options.near_duplicates == "collapse":
        # A copy of the seed is no related article, and a copy of an excluded one is excluded.
        refused |= _among(group, columns.group[unwanted])
    return refused


def _unwanted(view: View, question: Question, options: Options) -> Rows:
    """Return the rows that may not be shown whatever the filters: the question's own and the excluded."""
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


def _representatives(view: View, rows: Rows) -> Places:
    """Return the places of those `rows` that stand for their near-duplicates: the newest, or newest with an image."""
    columns = view.columns
    groups = columns.group[rows]
    order = np.lexsort((-rows, columns.published[rows], columns.pictured[rows], groups))
    last = np.empty(len(order), np.bool_)
    last[-1:] = True
    last[:-1] = groups[order[1:]] != groups[order[:-1]]
    return order[last]


def _recency(view: View, rows: Rows, options: Options) -> Scores | float:
    """Return a factor for the age of each row when the source was read; undated articles count as one half-life old."""
    half_life = options.recency_half_life_days * _DAY
    if not half_life:
        return 1.0
    published = view.columns.published[rows]
    ages = np.maximum(view.snapshot.manifest.read_at.timestamp() - published.astype(np.float64), 0)
    ages[published == UNDATED] = half_life
    return np.asarray(RECENCY_FLOOR + (1 - RECENCY_FLOOR) * 0.5 ** (ages / half_life), np.float32)


def _preference(view: View, question: Question, rows: Rows, options: Options) -> Scores | float:
    if options.language != "prefer":
        return 1.0
    own = _named(view.columns.language[rows], view.columns.languages, question.languages)
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
