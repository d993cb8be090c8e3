"""The space in which articles are compared: both channels of a corpus, and the steps from a seed to similarities.

Build and service take the same steps: candidates (dense top and lexical top), their evidence, and the similarity that
ranks them. The formulas are in `models.geometry`.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack  # type: ignore[import-untyped]

from models import geometry, search, terms
from models.columns import UNDATED
from models.geometry import Codes, Flags, Floats, Geometry
from models.search import Index, Mask, Rounded, Rows
from models.terms import Terms

SMALL = 0.25
"""A language with a smaller share of the articles is small: half of the dense candidates of its articles are of it, or
all that it has. Among 31,000 articles, 97 % Arabic, the others' lists held .88 of the ten most related of their own
language without."""
COPY_DAYS = 3
"""Copies are published within days of each other; later, the same words are another bulletin."""
_BLOCK = 16_384
"""Pairs of seed and row compared at a time: bounds the copies to 25 MB at 384 dimensions."""


@dataclass(frozen=True)
class Reach:
    """How many candidates each channel gives a seed."""

    dense: int
    lexical: int


NEAR = Reach(200, 100)
"""Of the ten most similar of all they hold, among 31,000 articles, or 100,000 with copies that crowd the first places:
100 and 100 .988 and .981; 200 and 100 .995 and .985; 200 and 200 .996 and .990."""


@dataclass(frozen=True)
class Space:
    """A corpus, row by row."""

    geometry: Geometry
    terms: Terms
    directions: Floats
    """(n, dim): see `models.geometry.directions`."""
    codes: npt.NDArray[np.integer]
    """(n,): each row's language, as a position in ``geometry.languages``."""
    index: Index | None
    """Over `directions`; None where they are compared one by one."""
    rounded: Rounded | None = None
    """`directions` for a single query, where there is no index."""
    reach: Reach = NEAR


@dataclass(frozen=True)
class Seeds:
    """What is asked about, in the terms of a `Space`: articles of it, or live texts."""

    directions: Floats
    """(b, dim)"""
    terms: csr_array
    """(b, m)"""
    codes: Codes
    """(b,)"""

    def __len__(self) -> int:
        """Return b."""
        return len(self.codes)


@dataclass(frozen=True)
class TextTerms:
    """What the terms of a live text tell, before its vector is known."""

    language: str
    row: csr_array
    """(1, m)"""
    nearest: tuple[npt.NDArray[np.int32], Floats]
    """The candidates of the lexical channel: what `terms.nearest` yields."""


@dataclass(frozen=True)
class Fused:
    """Seeds against rows of the space, both (b, c)."""

    evidence: Floats
    """-inf where the row is -1."""
    same: Flags
    """Whether both are of one language."""


@dataclass(frozen=True)
class Evidence:
    """Seeds against rows of the space, all (b, c): what each channel says, and both together."""

    dense: Floats
    lexical: Floats
    fused: Fused


def at_rows(space: Space, rows: npt.NDArray[np.integer]) -> Seeds:
    """Return the articles at `rows` (b,) as seeds."""
    return Seeds(np.asarray(space.directions[rows]), space.terms.rows[rows], space.codes[rows].astype(np.int64))


def terms_of_text(space: Space, title: str, text: str, language: str) -> TextTerms:
    """Return all that can be said of a live text while it is embedded."""
    row = terms.row_of(space.terms, title, text, language)
    (nearest,) = terms.nearest(space.terms, row, space.reach.lexical)
    return TextTerms(language, row, nearest)


def of_text(space: Space, vector: Floats, told: TextTerms) -> Seeds:
    """Return a live text as one seed; `vector` is (dim,) float32, the embedding of its title and text."""
    codes = geometry.codes_of(space.geometry, [told.language])
    return Seeds(geometry.directions(space.geometry, vector[None, :], codes), told.row, codes)


def together(seeds: list[Seeds]) -> Seeds:
    """Return several seeds as one batch."""
    return Seeds(
        np.concatenate([seed.directions for seed in seeds]),
        vstack([seed.terms for seed in seeds], format="csr"),
        np.concatenate([seed.codes for seed in seeds]),
    )


def of_seeds(space: Space, seeds: Seeds) -> Space:
    """Return a space of its own for `seeds`, comparable with `space`; it has no index, so no candidates."""
    rows = replace(space.terms, rows=seeds.terms)
    return Space(space.geometry, rows, seeds.directions, seeds.codes, None)


def candidates(space: Space, seeds: Seeds, allowed: Mask | None = None, told: TextTerms | None = None) -> Rows:
    """Return (b, c) rows, ascending: the union of the best of each channel, filled up with -1 at the front.

    With `allowed`, (n,), only its rows are candidates; `told`, when the seed is one text, saves asking its terms again.
    """
    reach = space.reach
    found = np.full((len(seeds), reach.dense + reach.lexical), -1, np.int64)
    dense = search.near_rows(space.index or space.rounded, space.directions, seeds.directions, reach.dense, allowed)
    found[:, : dense.shape[1]] = dense
    if allowed is None:
        _mix_in_own(space, seeds, found[:, reach.dense // 2 : reach.dense])
    lexical = terms.nearest(space.terms, seeds.terms, reach.lexical, allowed) if told is None else [told.nearest]
    for place, (rows, _cosines) in enumerate(lexical):
        found[place, reach.dense : reach.dense + len(rows)] = rows
    found.sort(axis=1)
    found[:, 1:][found[:, 1:] == found[:, :-1]] = -1
    found.sort(axis=1)
    return found[:, np.count_nonzero(found < 0, axis=1).min(initial=found.shape[1]) :]


def _mix_in_own(space: Space, seeds: Seeds, found: Rows) -> None:
    """Overwrite `found` (b, c) for the seeds of small languages by the nearest rows of their own language."""
    counts = space.geometry.counts[seeds.codes]
    for code in set(seeds.codes[(counts > 0) & (counts < SMALL * len(space.directions))].tolist()):
        mine = np.flatnonzero(seeds.codes == code)
        directions, allowed = seeds.directions[mine], space.codes == code
        own = search.near_rows(space.index, space.directions, directions, found.shape[1], allowed)
        # Not filled up with others: they would take the places of the language's own in the stored list.
        found[mine] = -1
        found[mine, : own.shape[1]] = own


def evidence(space: Space, seeds: Seeds, rows: Rows) -> Evidence:
    """Compare each seed with its `rows` (b, c); -1 is no row."""
    dense = search.gathered_products(space.directions, rows, seeds.directions)
    lexical = terms.cosines(space.terms, seeds.terms, rows)
    same = space.codes[rows] == seeds.codes[:, None]
    lexical_means = space.geometry.lexical_means[seeds.codes][:, None]
    both = np.where(rows >= 0, geometry.evidence(dense, lexical, same, lexical_means), -np.inf)
    return Evidence(dense, lexical, Fused(np.asarray(both, np.float32), same))


def copies(found: Evidence, rows: Rows, own: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> Flags:
    """Tell which of `rows` (b, c) are near-duplicates of the seeds: of one language, and published within `COPY_DAYS`.

    `own` (b, 1) and `others` (b, c) are times of publication (`models.columns`); articles without one may be copies.
    """
    days = abs(own.astype(np.float64) - others) / (24 * 3600)
    close = (own == UNDATED) | (others == UNDATED) | (days <= COPY_DAYS)
    alike = geometry.near_duplicates(found.dense, found.lexical)
    return np.asarray(alike & found.fused.same & close & (rows >= 0))


def density(space: Space, seeds: Seeds, found: Evidence, *, live: bool) -> Floats:
    """Return (b,): how densely the neighbourhood of each seed is settled. A `live` seed is none of the articles."""
    others = space.geometry.counts[seeds.codes] - (0 if live else 1)
    return geometry.density(found.fused.evidence, found.fused.same, np.maximum(others, 0))


def similarity(
    space: Space, fused: Fused, rows: npt.NDArray[np.integer], densities: Floats, seed_densities: Floats
) -> Floats:
    """Return what ranks the evidence of `rows`, (b, c); -inf where the row is -1.

    `densities` (n,) are those of all rows of the space, `seed_densities` (b,) those of the seeds.
    """
    usual = space.geometry.densities[space.codes[rows]]
    return geometry.similarity(fused.evidence, fused.same, densities[rows], usual, seed_densities[:, None])


def compare(space: Space, seeds: Seeds, rows: Rows, densities: Floats, seed_densities: Floats) -> Floats:
    """Return the similarities (b, c) of each seed with each of `rows` (c,); densities as in `similarity`."""
    parts = [np.zeros((len(seeds), 0), np.float32)]
    size = max(_BLOCK // max(len(seeds), 1), 1)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        some = np.broadcast_to(part, (len(seeds), len(part)))
        parts.append(similarity(space, evidence(space, seeds, some).fused, some, densities, seed_densities))
    return np.concatenate(parts, axis=1)
