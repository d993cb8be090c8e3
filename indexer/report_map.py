"""A corpus as points on a plane: articles that are alike lie near each other."""

import numpy as np
import numpy.typing as npt

from models.geometry import Floats

MOST = 3_000
"""Points on the map: laid out in some seconds, drawn in a page of about a megabyte."""

_FEWEST = 30
"""Below it t-SNE has no neighbourhoods to keep, and the main axes say as much."""
_PERPLEXITY = 30
_SEED = 1


def sample(count: int) -> npt.NDArray[np.int64]:
    """Return at most `MOST` of the rows below `count`, the same every time, in a random order."""
    return np.random.default_rng(_SEED).permutation(count)[:MOST].astype(np.int64)


def layout(directions: Floats) -> npt.NDArray[np.float64]:
    """Return (n, 2) positions in 0..1 for `directions` (n, dim): t-SNE (van der Maaten & Hinton 2008), or PCA."""
    enough = len(np.unique(directions, axis=0)) >= _FEWEST
    return _spread(_neighbourhoods(directions) if enough else _main_axes(directions))


def _neighbourhoods(directions: Floats) -> npt.NDArray[np.float64]:
    from sklearn.manifold import TSNE  # noqa: PLC0415 - takes a second to import
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with it

    perplexity = min(_PERPLEXITY, (len(directions) - 1) / 3)
    # From the main axes rather than from noise: the same picture every time, and distant topics stay distant.
    start = _main_axes(directions)
    start = (start / max(float(start[:, 0].std()), 1e-12) * 1e-4).astype(np.float32)
    # Its steps are so short that threads only wait for each other: on two busy cores 0.1 s with one, 24 s with two.
    with threadpool_limits(1):
        placed = TSNE(perplexity=perplexity, init=start, random_state=_SEED).fit_transform(directions)
    return np.asarray(placed, np.float64)


def _main_axes(directions: Floats) -> npt.NDArray[np.float64]:
    """Return (n, 2): the two main components, 0 where there are fewer."""
    centred = np.asarray(directions, np.float64) - np.mean(directions, axis=0, dtype=np.float64)
    left, sizes, _right = np.linalg.svd(centred, full_matrices=False)
    # The sign of an axis is arbitrary: the farthest article lies on its positive side.
    places = left[:, :2] * sizes[:2]
    places *= np.sign(places[abs(places).argmax(axis=0), np.arange(places.shape[1])])
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def _spread(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Fill the unit square; an axis on which all are equal gets the middle."""
    low, high = places.min(axis=0), places.max(axis=0)
    wide = high - low > 1e-9  # noqa: PLR2004 - rounding
    return np.where(wide, (places - low) / np.where(wide, high - low, 1), 0.5)
