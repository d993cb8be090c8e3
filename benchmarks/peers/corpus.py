"""The articles that all systems hold, and what an exact search of them finds.

A published snapshot is enlarged to any size: to its articles come copies whose vectors are moved a little, so that no
text need be embedded and the copies are not ties.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from indexer.embed import known_vectors, unchanged_rows
from indexer.neighbours import Related, relate
from indexer.parse import parse
from indexer.sources import read
from indexer.space import build_space, count_terms, indexed
from models import publish, snapshot
from models.article import Article
from models.columns import columns_of, published_second
from models.counts import Counts
from models.embedder import Vectors
from models.manifest import IndexSpec
from models.snapshot import Contents, Snapshot

COUNT = 100_000
MOVED = 0.3
"""Length of what is added to a unit vector: the copy's cosine with the original is about .96, and that of an article
with its nearest other one is .90 (median of 500)."""
APART = timedelta(days=30)
SEED = 0
SEEDS, JUDGED = 2_000, 500
"""How many articles are asked about, and the answers to how many of them are judged."""


@dataclass(frozen=True)
class Corpus:
    """Articles by row, ids ascending."""

    articles: list[Article]
    vectors: Vectors
    """(n, dim) float32 unit rows"""

    @cached_property
    def counted(self) -> Counts:
        """Their terms."""
        return count_terms(self.articles)


def enlarged(original: Snapshot, count: int) -> Corpus:
    """Return `count` articles: those of `original`, read again from its source, and moved copies of them."""
    articles, _rejections = parse(read(original.manifest.source))
    known = known_vectors(unchanged_rows(articles, original), original.manifest.embedder, original)
    articles = [articles[position] for position in known]
    vectors = np.stack(list(known.values()))
    rounds = -(-count // len(articles))
    copies = [_copy(article, number) for number in range(rounds) for article in articles][:count]
    everything = np.tile(vectors, (rounds, 1))[:count]
    moves = np.random.default_rng(SEED).standard_normal(everything[len(articles) :].shape, np.float32)
    everything[len(articles) :] += MOVED * moves / np.linalg.norm(moves, axis=1, keepdims=True)
    everything /= np.linalg.norm(everything, axis=1, keepdims=True)
    order = np.array(sorted(range(count), key=lambda row: copies[row].id))
    return Corpus([copies[row] for row in order], everything[order])


def _copy(article: Article, number: int) -> Article:
    """Return the copy of that number, published so long before that nobody takes it for a near-duplicate."""
    if not number:
        return article
    published = article.published_at and article.published_at - number * APART
    return article.model_copy(update={"id": f"{article.id}-copy{number}", "published_at": published})


def write_snapshot(home: Path, original: Snapshot, corpus: Corpus) -> dict[str, Any]:
    """Publish the snapshot of `corpus` in `home` as a build does after embedding; return what that took."""
    marks, before = [time.perf_counter()], time.process_time()
    built, index_spec = indexed(build_space(corpus.articles, corpus.counted, corpus.vectors))
    marks.append(time.perf_counter())
    published = np.array([published_second(article) for article in corpus.articles], np.int64)
    related = relate(built, published, lambda _done, _total: None)
    marks.append(time.perf_counter())
    publish_related(home, original, corpus, related, index_spec)
    marks.append(time.perf_counter())
    stages = dict(zip(("space", "neighbours", "write"), np.diff(marks).round(1).tolist(), strict=True))
    return {"seconds": marks[-1] - marks[0], "cpu_seconds": time.process_time() - before, "stages": stages}


def publish_related(home: Path, original: Snapshot, corpus: Corpus, related: Related, index_spec: IndexSpec) -> None:
    """Publish `corpus`, related as it is said to be, in `home`."""
    contents = Contents(
        articles=corpus.articles,
        vectors=corpus.vectors,
        counts=corpus.counted,
        space=related.space,
        neighbours=related.neighbours,
        columns=columns_of(corpus.articles, related.groups),
        index_spec=index_spec,
        embedder=original.manifest.embedder,
        source="benchmarks",
        read_at=datetime.now(UTC),
        live_number=0,
    )
    publish.snapshots_folder(home).mkdir(parents=True, exist_ok=True)
    publish.publish(home, snapshot.write(publish.snapshots_folder(home), contents))


def write_exchange(folder: Path, corpus: Corpus) -> None:
    """Write what the other systems load: ``vectors.npy`` and ``cards.jsonl``, row for row."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "vectors.npy", corpus.vectors)
    cards = [article.model_dump(mode="json", exclude={"text"}) for article in corpus.articles]
    (folder / "cards.jsonl").write_text("".join(f"{json.dumps(card)}\n" for card in cards), encoding="utf-8")
    (folder / "workloads.json").write_text(json.dumps(workloads(corpus)))


def workloads(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Return what is asked: seeds and filter, and the seeds whose answers are judged."""
    random = np.random.default_rng(SEED)
    languages = np.array([article.language for article in corpus.articles])
    names, counts = np.unique(languages, return_counts=True)
    common = random.permutation(len(languages))
    rare = random.permutation(np.flatnonzero(languages != names[counts.argmax()]))
    asked = {"no filter": (common, False), "same language": (common, True), "same, rare language": (rare, True)}
    found = {}
    for name, (rows, same_language) in asked.items():
        ids = [corpus.articles[row].id for row in rows[:SEEDS]]
        found[name] = {"seeds": ids, "judged": ids[:JUDGED], "same_language": same_language}
    return found
