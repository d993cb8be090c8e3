"""Plots as inline SVG. Places across are percentages, places down are pixels: text keeps its size on every screen.

Everything that comes in is escaped. Colours are classes of the page's style sheet: ``l0`` … ``l7`` for the languages'
series, ``c0`` … ``c7`` for the categories', ``plain``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from indexer.report_facts import Timeline

_HEIGHT = 220
_SMALL_HEIGHT = 74
_HEADROOM = 18
_FOOT = 24
_MOST_TICKS = 5
_WIDEST = 9.0
"""Percent: a lonely bar should not look like a wall."""
_FILLED = 0.82
"""Of its place, a bar fills this much."""


@dataclass(frozen=True)
class Point:
    """An article on the map."""

    x: float
    """0..1"""
    y: float
    """0..1, upwards"""
    language: int
    """A slot of the languages' series."""
    category: int
    """A slot of the categories' series."""
    title: str
    href: str | None


def bar(share: float, style: str) -> Markup:
    """Return a horizontal bar for a table that also says the number: `share` is 0..1 of the width."""
    return Markup(
        '<svg class="bar" aria-hidden="true" width="100%" height="10">'
        '<rect class="rail" width="100%" height="10" rx="2"/><rect class="{}" width="{}" height="10" rx="2"/></svg>'
    ).format(style, _percent(share))


def stacked(timeline: Timeline, names: Sequence[str], label: str) -> Markup:
    """Return the timeline as a column for each bin, a colour for each series."""
    totals = timeline.counts.sum(axis=1)
    top = max(int(totals.max(initial=0)), 1)
    parts = list(_grid(top))
    for place, counts in enumerate(timeline.counts.tolist()):
        told = ", ".join(f"{name}: {count:,}" for name, count in zip(names, counts, strict=True) if count)
        slices = [(f"l{slot}", count) for slot, count in enumerate(counts)]
        parts.append(_column(place, len(totals), slices, top, f"{timeline.labels[place]} — {told or 0}"))
    return _svg(label, _HEIGHT + _FOOT, [*parts, *_ticks(timeline.labels)])


def histogram(labels: Sequence[str], counts: Sequence[int], label: str) -> Markup:
    """Return a column for each of `labels`, its count above it."""
    top = max(*counts, 1)
    parts = [_baseline()]
    for place, (name, count) in enumerate(zip(labels, counts, strict=True)):
        parts.append(_column(place, len(counts), [("plain", count)], top, f"{name}: {count:,}"))
        middle = _percent((place + 0.5) / len(counts))
        above = _HEIGHT - _drawn(count, top) - 5
        parts.append(_text(middle, above, f"{count:,}", "middle", "value" if count else "value none"))
        parts.append(_text(middle, _HEIGHT + 17, name, "middle"))
    return _svg(label, _HEIGHT + _FOOT, parts)


def mirrored(upper: Sequence[int], lower: Sequence[int], names: tuple[str, str], label: str) -> Markup:
    """Return two histograms over 0..1 back to back: `upper` grows upwards, `lower` downwards.

    Each has a scale of its own: their shapes are compared, and one may be all in one place.
    """
    parts = [_half(upper, upwards=True), _half(lower, upwards=False)]
    parts.append(Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(_SMALL_HEIGHT))
    parts += [_text("0", 11, names[0], "start"), _text("0", 2 * _SMALL_HEIGHT - 3, names[1], "start")]
    ends = (("0%", "0", "start"), ("50%", ".5", "middle"), ("100%", "1", "end"))
    parts += [_text(x, 2 * _SMALL_HEIGHT + 17, name, anchor) for x, name, anchor in ends]
    return _svg(label, 2 * _SMALL_HEIGHT + _FOOT, parts)


def scatter(points: Iterable[Point], label: str) -> Markup:
    """Return a dot for each point: it tells its title, and leads to the article where there is an address."""
    return _svg(label, "100%", map(_dot, points))


def _svg(label: str, height: int | str, parts: Iterable[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" role="img" aria-label="{0}" width="100%" height="{1}"><title>{0}</title>{2}</svg>'
    ).format(label, height, Markup("").join(parts))


def _column(place: int, places: int, slices: Sequence[tuple[str, int]], top: int, told: str) -> Markup:
    """Return a column of (style, count) slices, from below; `told` is what it says when pointed at."""
    width = min(100 / places * _FILLED, _WIDEST)
    x = (place + 0.5) * 100 / places - width / 2
    # The area that tells is larger than what is drawn, so that a finger finds small columns too.
    rects, below = [_rect("area", place * 100 / places, 100 / places, 0, _HEIGHT)], 0
    for style, count in slices:
        below += count
        if count:
            rects.append(_rect(style, x, width, _HEIGHT - _drawn(below, top), _drawn(count, top)))
    return Markup("<g><title>{}</title>{}</g>").format(told, Markup("").join(rects))


def _half(counts: Sequence[int], *, upwards: bool) -> Markup:
    top, width, parts = max(*counts, 1), 100 / len(counts), []
    for place, count in enumerate(counts):
        height = max(count / top * (_SMALL_HEIGHT - _HEADROOM), 1 if count else 0)
        y = _SMALL_HEIGHT - height if upwards else _SMALL_HEIGHT
        told = f"{place / len(counts):.2f}–{(place + 1) / len(counts):.2f}: {count:,}"
        x = (place + (1 - _FILLED) / 2) * width
        rect = _rect("upper" if upwards else "lower", x, width * _FILLED, y, height)
        parts.append(Markup("<g><title>{}</title>{}</g>").format(told, rect))
    return Markup("").join(parts)


def _rect(style: str, x: float, width: float, y: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{:.2f}%" width="{:.2f}%" y="{:.1f}" height="{:.1f}"/>').format(
        style, x, width, y, height
    )


def _dot(point: Point) -> Markup:
    dot = Markup('<circle class="l{} c{}" cx="{}" cy="{}" r="3.5"><title>{}</title></circle>').format(
        point.language, point.category, _percent(0.02 + 0.96 * point.x), _percent(0.98 - 0.96 * point.y), point.title
    )
    if point.href is None:
        return dot
    # Thousands of stops would trap those who move with the keyboard.
    return Markup('<a href="{}" rel="noopener noreferrer nofollow" tabindex="-1">{}</a>').format(point.href, dot)


def _grid(top: int) -> Iterable[Markup]:
    """Yield the base line and two or three lines at round numbers."""
    yield _baseline()
    for value in _round_values(top):
        y = _HEIGHT - _drawn(value, top)
        yield Markup('<line class="grid" x1="0" x2="100%" y1="{0:.1f}" y2="{0:.1f}"/>').format(y)
        yield _text("0", y - 4, f"{value:,}", "start")


def _baseline() -> Markup:
    return Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(_HEIGHT)


def _round_values(top: int) -> range:
    step = 1
    while top // step > 3:  # noqa: PLR2004 - lines
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return range(step, top + 1, step)


def _ticks(labels: Sequence[str]) -> Iterable[Markup]:
    count = min(len(labels), _MOST_TICKS)
    for tick in range(count):
        place = round(tick * (len(labels) - 1) / max(count - 1, 1))
        at_an_end = len(labels) > _MOST_TICKS and place in {0, len(labels) - 1}
        anchor = "middle" if not at_an_end else "start" if place == 0 else "end"
        x = _percent((place + 0.5) / len(labels)) if not at_an_end else "0%" if place == 0 else "100%"
        yield _text(x, _HEIGHT + 17, labels[place], anchor)


def _text(x: str, y: float, text: str, anchor: str, style: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{}" y="{:.1f}" text-anchor="{}">{}</text>').format(style, x, y, anchor, text)


def _drawn(count: int, top: int) -> float:
    return count / top * (_HEIGHT - _HEADROOM)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
