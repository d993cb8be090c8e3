"""Choose the index of a snapshot by the size of the corpus, and tune it on the corpus' own articles."""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import faiss
import numpy as np
import numpy.typing as npt

from models.embedder import Vectors
from models.manifest import Effort, IndexSpec
from models.search import Index, Rows, nearest

log = logging.getLogger(__name__)

EXACT_UP_TO = 50_000
"""Articles that are all compared: 3 ms a query. In the batches of a build, which multiply matrices, that is as fast as
an index up to 150,000. Of 31,000, an index would change one place in a hundred among the first ten neighbours."""
AIM = 0.997
"""The share of the 10 nearest other articles that must be found for the corpus' own articles, so that it is .99 for new
ones. Of 1,000,000 articles, copies of 30,000: .995 with effort that finds .984 for new ones, .9965 with .9893."""
_SAMPLE = 1_000
"""Articles that the recall is measured on: a standard error of .001."""
_K = 10
_LISTS = 4
"""Lists for each square root of the number of articles. 100,000 articles, 1, 2, 4: .34, .41, .38 ms of CPU time for
recall .993; 1,000,000, 2 and 4: 1.2 and .85 ms, after 12 and 44 s of training."""
_TRAINING = 32
"""Articles for each list that k-means learns from. 1,000,000 articles, 32, 64: recall .993, .992 at the same effort."""
_CODE = "RaBitQ2"
"""Two bits a dimension (Gao & Long 2024), 256 rows fetched for 100 wanted. 1,000,000 articles, 128 of 4,000 lists,
1, 2, 4, 8 bits (SQ8): recall@10 .991, .996, .996, .996; recall@100 .92, .98, .99, .99; bytes an article 70, 130, 226,
398; ms of CPU time .87, 1.08, 2.15, 1.28."""
_ROUNDS = 6
"""Of k-means. 500,000 articles, 4, 6, 10: 6.6, 7.6 and 12.6 s of training; 100,000, 5 and 10: recall .9928 and .9933
with 62 lists, .9956 and .9962 with 93."""
_LEAST_PROBES, _MORE_PROBES = 16, 1.25
"""The first effort, and the step to the next: no more than a quarter above what would suffice."""
_FETCHED = 256
"""Of 100,000 articles, 512 found no more of the ten nearest with any number of lists."""
_SEED = 0


@dataclass(frozen=True)
class _Sample:
    """Articles asked about, and the similarity of the tenth nearest other article of each."""

    rows: Rows
    tenth: npt.NDArray[np.float32]


def build_index(vectors: Vectors) -> tuple[Index | None, IndexSpec]:
    """Return the index over `vectors` ((n, dim) float32 unit rows; row i is entry i), and its description.

    None stands for exact search: in a small corpus, and where no effort reaches `AIM`.
    """
    if len(vectors) <= EXACT_UP_TO:
        return None, IndexSpec(kind="flat", recall_at_10=1.0)
    lists = _filled_lists(vectors)
    sample = _sample(vectors)
    tried: list[Effort] = []
    for probes in _efforts(lists.nlist):
        index = Index(lists, probes, _FETCHED)
        recall = _recall(index, vectors, sample)
        tried.append(Effort(probes=probes, fetched=_FETCHED, recall_at_10=round(recall, 4)))
        if recall >= AIM:
            return index, _spec("ivf", lists.nlist, tried)
    log.warning("no index finds %.1f %% of the nearest articles: they are searched exactly", 100 * AIM)
    return None, _spec("flat", lists.nlist, tried)


def _spec(kind: Literal["flat", "ivf"], lists: int, tried: list[Effort]) -> IndexSpec:
    effort = tried[-1] if kind == "ivf" else None
    recall_at_10 = 1.0 if effort is None else effort.recall_at_10
    return IndexSpec(kind=kind, recall_at_10=recall_at_10, lists=lists, effort=effort, tried=tuple(tried))


def _filled_lists(vectors: Vectors) -> Any:  # noqa: ANN401 - a faiss.IndexIVF, which has no types
    count, dim = vectors.shape
    lists: Any = faiss.index_factory(dim, f"IVF{_LISTS * math.isqrt(count)},{_CODE}", faiss.METRIC_INNER_PRODUCT)
    lists.cp.seed = _SEED + 1
    lists.cp.min_points_per_centroid = 1  # it warns of fewer, which only tests have
    lists.cp.niter, lists.cp.max_points_per_centroid = _ROUNDS, _TRAINING
    chosen = np.random.default_rng(_SEED).permutation(count)[: _TRAINING * lists.nlist]
    lists.train(vectors[np.sort(chosen)])
    lists.add(vectors)
    return lists


def _efforts(lists: int) -> Iterator[int]:
    """Yield how many of the `lists` may be searched, fewer first."""
    probes = min(_LEAST_PROBES, lists)
    while probes < lists:
        yield probes
        probes = min(math.ceil(_MORE_PROBES * probes), lists)
    yield lists


def _sample(vectors: Vectors) -> _Sample:
    rows = np.sort(np.random.default_rng(_SEED).permutation(len(vectors))[:_SAMPLE])
    exact = nearest(None, vectors, np.asarray(vectors[rows]), _K + 1)[1]
    return _Sample(rows, exact[:, -1])


def _recall(index: Index, vectors: Vectors, sample: _Sample) -> float:
    """Return the share of the ten nearest other articles that is found for the articles of the sample.

    A row found counts when it is as near as the tenth exact one: among equal vectors any is right.
    """
    found = nearest(index, vectors, np.asarray(vectors[sample.rows]), _K + 1)[1]
    near_enough = np.count_nonzero(found >= sample.tenth[:, None], axis=1)
    return float(np.mean(np.maximum(near_enough - 1, 0))) / _K  # less one: the article itself
