"""What the report shows of a snapshot, gathered for its template.

The numbers come from `indexer.report_facts`, the plots from `indexer.report_plots`, the map from `indexer.report_map`.
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from indexer import report_facts as facts
from indexer import report_map, report_plots
from indexer.report_facts import TOP, Series, Shown
from models.article import Card
from models.columns import UNDATED
from models.snapshot import Snapshot
from models.text import one_line

MOST_ROWS = 12
"""In a table of languages or categories."""
MOST_GROUPS = 20
MOST_COPIES = 6
MOST_ARTICLES = 10
EXAMPLES = 5
EXAMPLE_LENGTH = 5
TITLE_CHARS = 160

_SEED = 1


@dataclass(frozen=True)
class Bar:
    """A line of a table with a bar in it."""

    name: str
    count: int
    share: float
    """Of all articles."""
    plot: Markup


@dataclass(frozen=True)
class Scores:
    """How close the lists of one language are."""

    language: str
    plot: Markup
    first: float | None
    """The median of the first related article's score."""
    last: float | None
    """The median of the tenth's."""


@dataclass(frozen=True)
class Group:
    """Near-duplicates."""

    size: int
    cards: list[Card]
    """The first of them."""


@dataclass(frozen=True)
class Example:
    """An article with the start of its list, and scores."""

    seed: Card
    related: list[tuple[Card, float]]


def gather(snapshot: Snapshot) -> dict[str, Any]:
    """Return what the template shows, by name."""
    columns, manifest = snapshot.columns, snapshot.manifest
    languages = facts.series(columns.language, columns.languages, "other")
    categories = facts.series(columns.category, columns.categories, "other or none")
    lists = facts.shown(snapshot.neighbours, columns.group)
    return {
        "snapshot": snapshot.name,
        "manifest": manifest,
        "count": manifest.count,
        "top": TOP,
        "language_total": len(columns.languages),
        "category_total": len(columns.categories),
        "languages": languages,
        "categories": categories,
        "language_bars": _bars(columns.language, columns.languages, manifest.count, style="l"),
        "category_bars": _bars(columns.category, columns.categories, manifest.count, style="c"),
        "uncategorised": int((columns.category < 0).sum()),
        **_dates(columns.published, languages),
        **_groups(snapshot),
        **_reach(snapshot, lists),
        **_crossing(snapshot, lists, languages),
        "scores": _scores(lists, languages),
        "map": _map(snapshot, languages, categories),
        "mapped": min(manifest.count, report_map.MOST),
        "examples": _examples(snapshot, lists),
    }


def title_of(card: Card) -> str:
    """Return what names an article: its title, or its id, on one line that is not too long."""
    title = one_line(card.title) or one_line(card.id)
    return title if len(title) <= TITLE_CHARS else f"{title[:TITLE_CHARS].rstrip()}…"


def direction_of(card: Card) -> str:
    """Return ``rtl`` or ``ltr``: which way the first letter of the title is written."""
    classes = map(unicodedata.bidirectional, title_of(card))
    return "rtl" if next((each for each in classes if each in {"L", "R", "AL"}), "L") != "L" else "ltr"


def href_of(card: Card) -> str | None:
    """Return the address of an article if a browser would do nothing but go there."""
    url = (card.url or "").strip()
    return url if url.lower().startswith(("https://", "http://")) else None


def _bars(codes: facts.Codes, names: tuple[str, ...], total: int, *, style: str) -> list[Bar]:
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    best = [code for code in np.argsort(-counts, kind="stable")[:MOST_ROWS].tolist() if counts[code]]
    bars = []
    for place, code in enumerate(best):
        plot = report_plots.bar(counts[code] / counts[best[0]], f"{style}{min(place, facts.MOST_SERIES)}")
        bars.append(Bar(names[code], int(counts[code]), counts[code] / total, plot))
    return bars


def _dates(published: npt.NDArray[np.int64], languages: Series) -> dict[str, Any]:
    dated = published[published != UNDATED]
    timeline = facts.timeline(published, languages.slots, len(languages.names))
    label = f"Articles by time of publication, {len(timeline.labels)} columns, coloured by language"
    return {
        "first": _moment(dated.min()) if len(dated) else None,
        "last": _moment(dated.max()) if len(dated) else None,
        "undated": len(published) - len(dated),
        "timeline": report_plots.stacked(timeline, languages.names, label),
    }


def _groups(snapshot: Snapshot) -> dict[str, Any]:
    group = snapshot.columns.group
    sizes = np.bincount(group, minlength=len(group))
    largest = facts.largest_groups(group, MOST_GROUPS)
    shown = [Group(len(rows), snapshot.cards.at(rows[:MOST_COPIES])) for rows in largest]
    return {"groups": shown, "group_count": int((sizes > 1).sum()), "copy_count": int(sizes[sizes > 1].sum())}


def _reach(snapshot: Snapshot, lists: Shown) -> dict[str, Any]:
    times = facts.times_shown(lists, snapshot.columns.group)
    most = [row for row in np.argsort(-times, kind="stable")[:MOST_ARTICLES].tolist() if times[row] > 0]
    never = np.flatnonzero(times == 0)
    some = np.sort(np.random.default_rng(_SEED).permutation(never)[:MOST_ARTICLES]).tolist()
    label = f"How many articles stand in how many lists of the first {TOP}"
    return {
        "most": list(zip(snapshot.cards.at(most), times[most].tolist(), strict=True)),
        "never": snapshot.cards.at(some),
        "never_count": len(never),
        "reachable": int((times >= 0).sum()),
        "concentration": facts.concentration(times),
        "reach": report_plots.histogram(facts.reach_labels(), facts.reach(times), label),
    }


def _crossing(snapshot: Snapshot, lists: Shown, languages: Series) -> dict[str, Any]:
    shares = facts.between(lists, languages.slots, len(languages.names))
    return {"between": shares.tolist(), "crossing": facts.crossing(lists, snapshot.columns.language)}


def _scores(lists: Shown, languages: Series) -> list[Scores]:
    panels = []
    for slot, name in enumerate(languages.names):
        chosen = languages.slots == slot
        upper, lower = (facts.score_counts(lists, place, chosen) for place in (0, TOP - 1))
        label = f"Scores of the first and of the tenth related article, {name}"
        plot = report_plots.mirrored(upper, lower, ("first", "tenth"), label)
        medians = (facts.median_score(lists, place, chosen) for place in (0, TOP - 1))
        panels.append(Scores(name, plot, *medians))
    return panels


def _map(snapshot: Snapshot, languages: Series, categories: Series) -> Markup:
    rows = report_map.sample(snapshot.manifest.count)
    places = report_map.layout(np.asarray(snapshot.space.directions[rows]))
    points = [
        report_plots.Point(x, y, int(languages.slots[row]), int(categories.slots[row]), title_of(card), href_of(card))
        for (x, y), row, card in zip(places.tolist(), rows, snapshot.cards.at(rows.tolist()), strict=True)
    ]
    return report_plots.scatter(points, f"A map of {len(points):,} articles: those that are alike lie near each other")


def _examples(snapshot: Snapshot, lists: Shown) -> list[Example]:
    """Return random seeds, of as many languages as there are."""
    order = np.random.default_rng(_SEED).permutation(snapshot.manifest.count)
    language = snapshot.columns.language[order]
    turn = np.zeros(len(order), np.int64)
    for code in np.unique(language):
        turn[language == code] = np.arange(np.count_nonzero(language == code))
    seeds = order[np.argsort(turn, kind="stable")[:EXAMPLES]].tolist()
    return [_example(snapshot, lists, row) for row in seeds]


def _example(snapshot: Snapshot, lists: Shown, row: int) -> Example:
    rows = [related for related in lists.rows[row, :EXAMPLE_LENGTH].tolist() if related >= 0]
    (seed,) = snapshot.cards.at([row])
    return Example(seed, list(zip(snapshot.cards.at(rows), lists.scores[row].tolist(), strict=False)))


def _moment(second: np.int64) -> datetime:
    return datetime.fromtimestamp(int(second), UTC)
