"""The neighbours table: for every article, those most similar to it, computed at build time."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

K = 100
"""Neighbours kept for each article: enough for the largest k after filters and near-duplicates took their share."""

_ARRAYS = ("rows", "similarities", "densities")


@dataclass(frozen=True)
class Neighbours:
    """The table and what comparing with other rows needs."""

    rows: npt.NDArray[np.int32]
    """(n, K): nearest first, never the row itself; -1 where there are no more."""
    similarities: npt.NDArray[np.float32]
    """(n, K); -inf where there are no more."""
    densities: npt.NDArray[np.float32]
    """(n,): see `models.geometry.density`."""


def save(neighbours: Neighbours, folder: Path) -> None:
    """Write ``neighbours.<name>.npy``."""
    for name in _ARRAYS:
        np.save(folder / f"neighbours.{name}.npy", getattr(neighbours, name))


def load(folder: Path) -> Neighbours:
    """Memory-map what `save` wrote."""
    return Neighbours(*(np.asarray(np.load(folder / f"neighbours.{name}.npy", mmap_mode="r")) for name in _ARRAYS))
