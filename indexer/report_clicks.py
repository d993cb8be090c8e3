"""What the report shows of readers: how often lists were seen and their articles clicked, by position and language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from indexer import report_plots
from models.events import Count, Place

MOST_PAIRS = 20


@dataclass(frozen=True)
class Clicked:
    """A line of a table."""

    name: str
    count: Count
    rate: float
    """Clicks a sight, 0..1; beacons of a click may arrive without those of the sight, so it is bounded."""
    plot: Markup


def gather(counts: Mapping[Place, Count]) -> dict[str, Any]:
    """Return what the template shows, by name; ``clicked`` is None when nothing was counted."""
    if not counts:
        return {"clicked": None}
    positions = _lines(counts, lambda place: (f"{place.position:02}",))
    pairs = _lines(counts, lambda place: (place.seed_language, place.language))
    return {
        "clicked": sum(counts.values(), Count()),
        "clicked_from": min(place.day for place in counts),
        "clicked_until": max(place.day for place in counts),
        "clicked_positions": positions,
        "clicked_pairs": sorted(pairs, key=lambda line: -line.count.impressions)[:MOST_PAIRS],
    }


def _lines(counts: Mapping[Place, Count], key: Callable[[Place], tuple[str, ...]]) -> list[Clicked]:
    totals: dict[tuple[str, ...], Count] = {}
    for place, count in counts.items():
        totals[key(place)] = totals.get(key(place), Count()) + count
    best = max(map(_rate, totals.values())) or 1.0
    return [
        Clicked(" → ".join(names).lstrip("0"), count, _rate(count), report_plots.bar(_rate(count) / best, "plain"))
        for names, count in sorted(totals.items())
    ]


def _rate(count: Count) -> float:
    return min(count.clicks / max(count.impressions, 1), 1.0)
