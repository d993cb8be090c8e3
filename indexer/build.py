"""The build: a source in, a published snapshot and a report out."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from pydantic import BaseModel

from indexer import sources
from indexer.embed import embed_articles
from indexer.neighbours import Related, relate
from indexer.parse import Rejections, parse
from indexer.space import build_space
from models import durable, publish, snapshot
from models.article import Article
from models.columns import columns_of, published_second
from models.embedder import Embedder
from models.manifest import SnapshotError
from models.snapshot import Contents, Snapshot
from models.space import Space

log = logging.getLogger(__name__)

LOCK_FILE = "build.lock"

Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""


class BuildError(Exception):
    """Nothing was published; the message is one line that says why."""


class Report(BaseModel):
    """What a build did."""

    snapshot: str
    source: str
    count: int
    read: int
    rejected: dict[str, int]
    repaired: dict[str, int]
    examples: dict[str, list[str]]
    reused: int
    embedded: int
    recall_at_10: float
    seconds: dict[str, float]
    """Wall-clock time by stage."""

    def summary(self) -> str:
        """Return the build in one line."""
        return (
            f"{self.snapshot}: {self.count} articles ({self.embedded} embedded, {self.reused} reused, "
            f"{sum(self.rejected.values())} rejected) in {sum(self.seconds.values()):.1f} s"
        )


def build(home: Path, address: str, embedder: Embedder, progress: Progress) -> Report:
    """Read the source at `address`, build a snapshot below `home` and publish it; return what was done.

    Raises BuildError when another build is running or no article is left, and SourceError when the source cannot be
    read; the snapshot that was served before is then served still.
    """
    publish.snapshots_folder(home).mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / LOCK_FILE, timeout=0):
            durable.remove_leftovers(publish.snapshots_folder(home))
            return _build(home, address, embedder, progress)
    except Timeout as error:
        message = f"another build is running in {home}"
        raise BuildError(message) from error


def _build(home: Path, address: str, embedder: Embedder, progress: Progress) -> Report:
    seconds: dict[str, float] = {}
    read_at = datetime.now(UTC)
    with _timed(seconds, "read"):
        articles, rejections = parse(sources.read(address))
    if not articles:
        message = f"{address}: no article to index ({_total(rejections)} records rejected: {dict(rejections.rejected)})"
        raise BuildError(message)
    with _timed(seconds, "embed"):
        vectors, reused = embed_articles(
            articles, embedder, _previous(home), lambda done, total: progress("embed", done, total)
        )
    with _timed(seconds, "space"):
        space, index_spec = build_space(articles, vectors)
    with _timed(seconds, "neighbours"):
        related = _relate(articles, space, progress)
    contents = Contents(
        articles,
        vectors,
        related.space,
        related.neighbours,
        columns_of(articles, related.groups),
        index_spec,
        embedder.spec,
        address,
        read_at,
    )
    with _timed(seconds, "write"):
        name = snapshot.write(publish.snapshots_folder(home), contents)
        publish.publish(home, name)
        publish.prune(home)
    report = Report(
        snapshot=name,
        source=address,
        count=len(articles),
        read=len(articles) + _total(rejections),
        rejected=dict(rejections.rejected),
        repaired=dict(rejections.repaired),
        examples=rejections.examples,
        reused=reused,
        embedded=len(articles) - reused,
        recall_at_10=index_spec.recall_at_10,
        seconds=seconds,
    )
    save_report(home, report)
    return report


def _relate(articles: Sequence[Article], space: Space, progress: Progress) -> Related:
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        progress("neighbours", done, len(articles))

    published = np.array([published_second(article) for article in articles], np.int64)
    return relate(space, published, count)


def save_report(home: Path, report: Report) -> None:
    """Keep the report as ``reports/<snapshot>.json``."""
    folder = home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    durable.write_text(folder / f"{report.snapshot}.json", report.model_dump_json(indent=1) + "\n")


def _previous(home: Path) -> Snapshot | None:
    """Return the snapshot whose vectors may be reused; a damaged one is no reason not to build."""
    if not publish.names(home):
        return None
    try:
        return publish.open_current(home)
    except SnapshotError as error:
        log.info("every article is embedded anew: %s", error)
        return None


def _total(rejections: Rejections) -> int:
    return sum(rejections.rejected.values())


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - started, 3)
