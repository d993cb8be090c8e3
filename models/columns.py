"""What filters and ranking ask of every article, as one array a question, memory-mapped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.article import Card

UNDATED = np.iinfo(np.int64).min
"""The time of an article without a date."""
NO_CATEGORY = -1

_ARRAYS = ("language", "category", "published", "pictured", "group")


@dataclass(frozen=True)
class Columns:
    """Each array is (n,), one value a row."""

    languages: tuple[str, ...]
    """The codes' names, sorted."""
    categories: tuple[str, ...]
    language: npt.NDArray[np.int16]
    """Position in `languages`."""
    category: npt.NDArray[np.int32]
    """Position in `categories`, or `NO_CATEGORY`."""
    published: npt.NDArray[np.int64]
    """Seconds since 1970, or `UNDATED`."""
    pictured: npt.NDArray[np.bool_]
    """Whether the article has an image."""
    group: npt.NDArray[np.int32]
    """The smallest row among the article's near-duplicates, itself included."""


def columns_of(cards: Sequence[Card], group: npt.NDArray[np.int32], after: "Columns | None" = None) -> Columns:
    """Return the columns of `cards`, in their order; with `after`, its codes keep their meaning and new ones follow."""
    languages = _names({card.language for card in cards}, after.languages if after else ())
    categories = _names({card.category for card in cards if card.category}, after.categories if after else ())
    language_place = {name: place for place, name in enumerate(languages)}
    category_place = {name: place for place, name in enumerate(categories)}
    return Columns(
        languages,
        categories,
        np.array([language_place[card.language] for card in cards], np.int16),
        np.array([category_place.get(card.category or "", NO_CATEGORY) for card in cards], np.int32),
        np.array([published_second(card) for card in cards], np.int64),
        np.array([card.image_url is not None for card in cards], np.bool_),
        group,
    )


def joined(first: Columns, second: Columns) -> Columns:
    """Return the rows of `first`, then those of `second`, whose codes continue the first's."""
    arrays = [np.concatenate([getattr(first, name), getattr(second, name)]) for name in _ARRAYS]
    return Columns(second.languages, second.categories, *arrays)


def published_second(card: Card) -> int:
    """Return when `card` was published, in seconds since 1970, or `UNDATED`."""
    return int(UNDATED if card.published_at is None else card.published_at.timestamp())


def save(columns: Columns, folder: Path) -> None:
    """Write ``columns.<name>.npy`` for each array and the names to ``columns.json``."""
    for name in _ARRAYS:
        np.save(folder / f"columns.{name}.npy", getattr(columns, name))
    names = {"languages": columns.languages, "categories": columns.categories}
    (folder / "columns.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")


def load(folder: Path) -> Columns:
    """Memory-map what `save` wrote."""
    names = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    # A view without memmap's bookkeeping is several times as fast where few numbers are taken.
    arrays = [np.asarray(np.load(folder / f"columns.{name}.npy", mmap_mode="r")) for name in _ARRAYS]
    return Columns(tuple(names["languages"]), tuple(names["categories"]), *arrays)


def _names(found: set[str], known: tuple[str, ...]) -> tuple[str, ...]:
    return (*known, *sorted(found - set(known)))
