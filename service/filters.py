"""What is asked of several pools of similar rows at once, and which of the rows the filters refuse."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.columns import UNDATED
from models.geometry import Floats
from models.related import Question
from models.search import Mask, Rows
from service.schemas import Options
from service.view import View

Codes = npt.NDArray[np.integer]

EVERY: Any = np.s_[None, :]
"""Takes of a column all rows as one pool, and no copy."""
FEW = 8


@dataclass(frozen=True)
class Asked:
    """Questions that are ranked together, one a row."""

    rows: Rows
    """(b, c): their pools, most similar first; -1 where there are no more."""
    similarities: Floats
    """(b, c)"""
    languages: Codes
    """(b, l): their own."""
    unwanted: Rows
    """(b, u): rows that may not be shown whatever the filters: their own and the excluded."""


def asked_of(view: View, question: Question, options: Options) -> Asked:
    """Return `question` as the only one that is asked."""
    excluded = [row for row in map(view.row_of, options.exclude) if row is not None]
    unwanted = np.array([[*question.rows, *excluded]], np.int64)
    languages = _codes(view.columns.languages, question.languages)
    return Asked(question.pool.rows[None], question.pool.similarities[None], languages, unwanted)


def refused(view: View, asked: Asked, options: Options, rows: Rows) -> Mask:
    """Return which of `rows`, (b, c), do not pass the filters, or are copies of unwanted ones."""
    columns = view.columns
    group = columns.group[rows]
    # A copy of the seed is no related article, and a copy of an excluded one is excluded.
    collapsed = options.near_duplicates == "collapse"
    refused = among(group, columns.group[asked.unwanted]) if collapsed else np.zeros(group.shape, np.bool_)
    if options.language not in {"any", "prefer"}:
        own = options.language == "same"
        wanted = asked.languages if own else _codes(columns.languages, options.language.split(","))
        refused |= ~among(columns.language[rows], wanted)
    if options.category:
        refused |= ~among(columns.category[rows], _codes(columns.categories, options.category))
    if options.since is not None:
        refused |= columns.published[rows] < int(options.since.timestamp())
    if options.until is not None:
        published = columns.published[rows]
        refused |= (published > int(options.until.timestamp())) | (published == UNDATED)
    return refused


def among(values: npt.NDArray[np.integer], wanted: npt.NDArray[np.integer]) -> Mask:
    """Return which of the `values`, (b, c), are among those `wanted` in their row, (b, u), or in any, (1, u)."""
    # np.isin takes longer than all the rest of a request where little is wanted, as nearly always.
    if wanted.shape[1] > FEW and len(wanted) == 1:
        return np.isin(values, wanted)
    found = np.zeros(values.shape, np.bool_)
    for column in wanted.T:
        found |= values == column[:, None]
    return found


def _codes(names: tuple[str, ...], wanted: Collection[str]) -> Codes:
    return np.array([[place for place, name in enumerate(names) if name in wanted]], np.int64)
