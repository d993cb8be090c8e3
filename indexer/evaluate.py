"""Measure Silah's related articles against what is known of a dataset, beside other rankings in the same run.

Silah's own ranking is the product's: a snapshot of the dataset is built, and its questions are asked as the service
asks them, with near-duplicates shown and neither recency nor diversity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer import metrics
from indexer.baselines import Ranker, baselines
from indexer.build import build
from indexer.datasets import ARTICLES, Dataset, with_distractors
from indexer.parse import parse
from indexer.sources import read
from models import geometry
from models.columns import UNDATED
from models.embedder import Embedder
from models.publish import open_current
from models.related import Pool, about_rows, among
from models.search import Rows
from models.snapshot import Snapshot
from models.weights import Progress

Figures = dict[str, float]
SILAH = "silah"
_STORY_TOP, _TOP = 3, 10
_LABEL_MEASURES = {"story": "same story in top 3", "event": "MAP same event", "category": "same section@10"}
_MOST_LISTS = 5_000
"""In a larger corpus the lists of all articles are only taken from Silah's table: the baselines have none."""


@dataclass(frozen=True)
class Evaluation:
    """The figures of each ranking, and what the plots need besides."""

    dataset: str
    count: int
    figures: dict[str, Figures]
    calibration: list[tuple[float, float, float]]
    """See `metrics.calibration_curve`; empty without pairs."""
    occurrences: dict[str, list[int]]
    """How often each article is in somebody's top ten, sorted, by ranking."""
    unknown: int
    """How many links and pairs name an article that is not there; they are left out."""


def evaluate(dataset: Dataset, home: Path, embedder: Embedder, progress: Progress, distractors: str = "") -> Evaluation:
    """Build a snapshot of the articles (and of `distractors`, a source) below `home`, and measure every ranking."""
    whole = with_distractors(dataset, distractors, home / ARTICLES) if distractors else dataset
    build(home, whole.address, embedder, progress)
    snapshot = open_current(home)
    articles, _rejections = parse(read(whole.address))
    codes = np.asarray(snapshot.columns.language, np.int64)
    rankers = {SILAH: silah(snapshot), **baselines(articles, np.asarray(snapshot.vectors), codes)}
    return measure(dataset, snapshot, rankers, progress)


def measure(dataset: Dataset, snapshot: Snapshot, rankers: Mapping[str, Ranker], progress: Progress) -> Evaluation:
    """Return the figures of `rankers`, of which `SILAH` must be one, over the articles of `snapshot`."""
    world = _World(snapshot, dataset, [card.id for card in snapshot.cards.all()])
    figures: dict[str, Figures] = {}
    occurrences = {}
    for place, (name, ranker) in enumerate(rankers.items()):
        progress("evaluate", place, len(rankers))
        pairs = _pairs(world, ranker)
        if name == SILAH:
            pairs = scored = replace(pairs, similarities=geometry.score(pairs.similarities))
        figures[name] = {**_graded(world, ranker), **_correlations(pairs), **_labelled(world, ranker)}
        lists = _lists(world, ranker, name)
        if lists:
            figures[name] |= _structure(world, lists)
            counts = np.bincount(np.concatenate(lists), minlength=len(world.names))
            occurrences[name] = sorted(counts.tolist(), reverse=True)
    progress("evaluate", len(rankers), len(rankers))
    figures[SILAH] |= _calibration(scored)
    curve = metrics.calibration_curve(scored.similarities, scored.true)
    return Evaluation(dataset.name, len(world.names), figures, curve, occurrences, _unknown(world))


def silah(snapshot: Snapshot) -> Ranker:
    """Return the product's ranking of a snapshot."""

    def rank(row: int, allowed: Rows | None) -> Pool:
        question = about_rows(snapshot, [row])
        if allowed is None:
            return question.pool
        return among(snapshot, question, np.isin(np.arange(snapshot.manifest.count), allowed))

    return rank


@dataclass(frozen=True)
class _World:
    snapshot: Snapshot
    dataset: Dataset
    names: list[str]
    """The ids, in row order."""

    @cached_property
    def row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    def language(self, name: str) -> str:
        columns = self.snapshot.columns
        return str(columns.languages[columns.language[self.row[name]]])

    def same_language(self, row: int) -> Rows:
        codes = self.snapshot.columns.language
        return np.setdiff1d(np.flatnonzero(codes == codes[row]), [row])

    def reachable(self, query: str, grades: Mapping[str, float], *, same: bool) -> dict[str, float]:
        """Return the grades of articles that are there, and with `same` of the query's language."""
        codes = self.snapshot.columns.language
        own = codes[self.row[query]]
        known = {name: grade for name, grade in grades.items() if name in self.row}
        return {name: grade for name, grade in known.items() if not same or codes[self.row[name]] == own}


def _unknown(world: _World) -> int:
    links = ((query, name) for query, grades in world.dataset.queries.items() for name in grades)
    pairs = ((one, other) for one, other, _true in world.dataset.pairs)
    return sum(one not in world.row or other not in world.row for one, other in chain(links, pairs))


def _graded(world: _World, ranker: Ranker) -> Figures:
    """Return nDCG and recall against graded queries, a language at a time and all together."""
    figures: Figures = {}
    queries = {query: grades for query, grades in world.dataset.queries.items() if query in world.row}
    for policy in ("same", "any") if queries else ():
        by_language: dict[str, list[tuple[float, float]]] = {}
        for query, grades in queries.items():
            known, row = world.reachable(query, grades, same=policy == "same"), world.row[query]
            if known:
                pool = ranker(row, world.same_language(row) if policy == "same" else None)
                ranked = [world.names[other] for other in pool.rows[:_TOP]]
                found = (metrics.ndcg_at(ranked, known), metrics.recall_at(ranked, known))
                by_language.setdefault(world.language(query), []).append(found)
        means = {language: np.mean(values, axis=0) for language, values in sorted(by_language.items())}
        figures |= {f"nDCG@10 {policy} {language}": float(values[0]) for language, values in means.items()}
        if means:
            both = np.mean(list(means.values()), axis=0)
            figures |= {f"nDCG@10 {policy}": float(both[0]), f"recall@10 {policy}": float(both[1])}
    return figures


@dataclass(frozen=True)
class _Pairs:
    similarities: npt.NDArray[np.float32]
    true: metrics.Floats
    languages: npt.NDArray[np.str_]


def _pairs(world: _World, ranker: Ranker) -> _Pairs:
    pairs = [pair for pair in world.dataset.pairs if pair[0] in world.row and pair[1] in world.row]
    found = [ranker(world.row[one], np.array([world.row[other]])).similarities[0] for one, other, _true in pairs]
    true = np.array([truth for _one, _other, truth in pairs])
    return _Pairs(np.array(found, np.float32), true, np.array([world.language(one) for one, _other, _true in pairs]))


def _correlations(pairs: _Pairs) -> Figures:
    """Return the correlation with people, a language at a time and on average, where people's similarities vary."""
    every = {code: pairs.languages == code for code in np.unique(pairs.languages)}
    each = {code: here for code, here in every.items() if np.ptp(pairs.true[here])}
    figures = {f"Pearson {c}": metrics.pearson(pairs.similarities[here], pairs.true[here]) for c, here in each.items()}
    return figures | ({"Pearson": float(np.mean(list(figures.values())))} if figures else {})


def _calibration(pairs: _Pairs) -> Figures:
    """Return how well scores agree with people; `pairs` holds scores as similarities."""
    if not len(pairs.true):
        return {}
    figures = {"calibration error": metrics.expected_calibration_error(pairs.similarities, pairs.true)}
    for code in np.unique(pairs.languages):
        here = pairs.languages == code
        both = metrics.precision_and_recall(pairs.similarities[here], pairs.true[here])
        figures[f"precision at .5 {code}"], figures[f"recall at .5 {code}"] = both
    return figures


def _labelled(world: _World, ranker: Ranker) -> Figures:
    """Return how well articles of one story, event and section find each other."""
    figures: Figures = {}
    for kind, labels in world.dataset.labels.items():
        rows = {name: world.row[name] for name in labels if name in world.row}
        label = np.array([labels.get(name, "") for name in world.names])
        values = [_agreement(kind, label, row, ranker) for row in rows.values()]
        known = [value for value in values if value is not None]
        if known:
            figures[_LABEL_MEASURES[kind]] = float(np.mean(known))
    return figures


def _agreement(kind: str, labels: npt.NDArray[np.str_], row: int, ranker: Ranker) -> float | None:
    """Return the measure of one seed, or None when there is nothing to find."""
    alike = labels == labels[row]
    others = int(np.count_nonzero(alike)) - 1
    if not others:
        return None
    if kind == "event":
        return metrics.average_precision(alike[ranker(row, np.setdiff1d(np.arange(len(alike)), [row])).rows], others)
    top = _STORY_TOP if kind == "story" else _TOP
    hits = int(np.count_nonzero(alike[ranker(row, None).rows[:top]]))
    return hits / (min(others, top) if kind == "story" else top)


def _lists(world: _World, ranker: Ranker, name: str) -> list[Rows]:
    count = len(world.row)
    if count == 1 or (count > _MOST_LISTS and name != SILAH):
        return []
    return [ranker(row, None).rows[:_TOP] for row in range(count)]


def _structure(world: _World, lists: Sequence[Rows]) -> Figures:
    """Return what the lists of all articles look like, whatever is known of the articles."""
    columns = world.snapshot.columns
    language = np.asarray(columns.language)
    ages = [_age_gaps(np.asarray(columns.published), row, found) for row, found in enumerate(lists)]
    days = np.concatenate(ages)
    figures = {
        "cross-language share": float(np.mean([np.mean(language[f] != language[row]) for row, f in enumerate(lists)])),
        "hub skew": metrics.hub_skew(lists, len(language)),
        "coverage": metrics.coverage(lists, len(language)),
        "duplicate rate": metrics.duplicate_rate([np.asarray(columns.group[found]) for found in lists]),
    }
    return figures | ({"median days apart": float(np.median(days))} if len(days) else {})


def _age_gaps(published: Rows, row: int, found: Rows) -> metrics.Floats:
    dated = published[found][(published[found] != UNDATED) & (published[row] != UNDATED)]
    return np.asarray(np.abs(dated - published[row]) / (24 * 3600))
