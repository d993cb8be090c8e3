"""Recall: how many of the nearest articles, found by comparing a seed with every article, an answer holds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.corpus import Corpus
from benchmarks.peers.peer import K
from models import space
from models.snapshot import Snapshot

_NEAR = np.float32(1e-5)
"""Products added in another order differ by less: an article is right when it is as near as the tenth."""

Similarities = npt.NDArray[np.float32]
Exact = Callable[[npt.NDArray[np.int64]], Similarities]
"""rows (b,) -> their similarities to every article (b, n)"""


def products(corpus: Corpus) -> Exact:
    """Return the measure by which the other systems find: the vectors' inner product."""
    return lambda rows: np.asarray(corpus.vectors[rows] @ corpus.vectors.T)


def fused(snapshot: Snapshot) -> Exact:
    """Return the measure by which Silah finds: vectors and terms, see docs/relevance.md."""
    densities = snapshot.neighbours.densities
    everywhere = np.arange(len(densities))

    def similarities(rows: npt.NDArray[np.int64]) -> Similarities:
        seeds = space.at_rows(snapshot.space, rows)
        return space.compare(snapshot.space, seeds, everywhere, densities, densities[rows])

    return similarities


def recall(corpus: Corpus, exact: Exact, workload: Mapping[str, Any], answers: Sequence[list[str]]) -> float:
    """Return recall@10 of `answers` to the judged seeds of `workload`, under its filter."""
    rows = {article.id: row for row, article in enumerate(corpus.articles)}
    languages = np.array([article.language for article in corpus.articles])
    found = right = 0
    for seed, answer in zip(workload["judged"], answers, strict=True):
        row = rows[seed]
        allowed = languages == languages[row] if workload["same_language"] else np.ones(len(rows), np.bool_)
        allowed[row] = False
        similarities = np.where(allowed, exact(np.array([row]))[0], -np.inf)
        wanted = min(K, int(allowed.sum()))
        least = np.partition(similarities, -wanted)[-wanted] - _NEAR
        right += sum(similarities[rows[article_id]] >= least for article_id in set(answer))
        found += wanted
    return float(right / found)
