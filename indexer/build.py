"""The build: a source in, a published snapshot and a report out."""

import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from indexer import build_report, sources
from indexer.build_report import BuildReport
from indexer.checkpoint import Checkpoint
from indexer.embed import embed_articles, known_vectors, unchanged_rows
from indexer.live import Merged, merged
from indexer.neighbours import relate
from indexer.parse import Rejections, parse
from indexer.sources.kept import KeptRecords
from indexer.space import build_space, count_terms, indexed
from models import durable, live, publish, snapshot
from models.columns import columns_of, published_second
from models.embedder import Embedder, EmbedderSpec
from models.live import Change, LiveChanges
from models.manifest import SnapshotError
from models.snapshot import Contents, Snapshot
from models.text import one_line
from models.weights import Progress

log = logging.getLogger(__name__)

LOCK_FILE = "build.lock"


class BuildError(Exception):
    """Nothing was published; the message is one line that says why."""


class AlreadyBuildingError(BuildError):
    """Another build is running in the same home: try again later."""


@dataclass(frozen=True)
class Plan:
    """What a build will do, after reading and before embedding."""

    source: str
    read_at: datetime
    corpus: Merged
    rejections: Rejections
    live_number: int
    previous: Snapshot | None
    unchanged: dict[int, int]
    """Rows of ``previous`` that hold the same article, by position in ``corpus.articles``."""
    known: dict[int, np.ndarray]
    """Vectors that need not be embedded again, by position in ``corpus.articles``."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def deleted(self) -> int:
        """How many articles of the snapshot before are gone."""
        if self.previous is None:
            return 0
        return len(self.previous.cards.content_hashes().keys() - {article.id for article in self.corpus.articles})

    def summary(self) -> str:
        """Return the plan in one line."""
        count = len(self.corpus.articles)
        return (
            f"{self.source}: {count} articles ({count - len(self.known)} to embed, {len(self.known)} unchanged, "
            f"{self.deleted} to delete, {sum(self.rejections.rejected.values())} rejected)"
        )


def build(home: Path, address: str, embedder: Embedder, progress: Progress, *, full: bool = False) -> BuildReport:
    """Read the source at `address`, build a snapshot below `home` and publish it; return what was done.

    `full` fetches and embeds every article anew. Raises AlreadyBuildingError when another build is running, BuildError
    when no article is left, and SourceError when the source cannot be read; the snapshot served before is then served
    still.
    """
    publish.snapshots_folder(home).mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / LOCK_FILE, timeout=0):
            durable.remove_leftovers(publish.snapshots_folder(home))
            kept = KeptRecords(home, address)
            if full:
                kept.clear()
            report = _carry_out(home, plan(home, address, embedder.spec, kept, full=full), embedder, progress)
            kept.published()
            return report
    except Timeout as error:
        message = f"another build is running in {home}"
        raise AlreadyBuildingError(message) from error
    except (OSError, sqlite3.OperationalError) as error:
        message = f"{home} cannot be written ({shutil.disk_usage(home).free} bytes are free): {error}"
        raise BuildError(message) from error


def plan(
    home: Path, address: str, embedder: EmbedderSpec, kept: KeptRecords | None = None, *, full: bool = False
) -> Plan:
    """Read the source and the live changes, and find out what has to be done. Changes nothing but what is `kept`."""
    seconds: dict[str, float] = {}
    read_at = datetime.now(UTC)
    with _timed(seconds, "read"):
        changes, caught_up = _changes(home)
        articles, rejections = parse(sources.read(address, kept))
    corpus = merged(articles, [change for change in changes if change.number not in caught_up])
    if not corpus.articles:
        message = f"{sources.shown(address)}: no article to index (read: {rejections.read}{_told(rejections)})"
        raise BuildError(message)
    previous = _previous(home)
    unchanged = {} if full else unchanged_rows(corpus.articles, previous)
    known = known_vectors(unchanged, embedder, previous)
    # Never less than before: where the changes' file was lost, the next change is newer than what a snapshot holds.
    held = 0 if previous is None else previous.manifest.live_number
    number = max(held, changes[-1].number if changes else 0)
    return Plan(sources.shown(address), read_at, corpus, rejections, number, previous, unchanged, known, seconds)


def _told(rejections: Rejections) -> str:
    """Return why records were rejected, with the first place for each reason, to be added to a line."""
    places = {reason: rejections.examples[reason][0] for reason in rejections.rejected}
    return "".join(f"; {rejections.rejected[reason]} x {reason}, e.g. {place}" for reason, place in places.items())


def _changes(home: Path) -> tuple[list[Change], set[int]]:
    """Return all live changes, and the numbers of those that the source reflected once."""
    try:
        return LiveChanges(home).after(0), LiveChanges(home).caught_up()
    except sqlite3.Error as error:
        message = f"{home / live.FILE} cannot be read: {error}"
        raise BuildError(message) from error


def _carry_out(home: Path, planned: Plan, embedder: Embedder, progress: Progress) -> BuildReport:
    articles, seconds = planned.corpus.articles, planned.seconds
    checkpoint = Checkpoint(home, embedder.spec)
    with _timed(seconds, "embed"):
        vectors = embed_articles(articles, embedder, planned.known, checkpoint, partial(progress, "embed"))
    with _timed(seconds, "space"):
        known_counts = None if planned.previous is None else planned.previous.counts
        counted = count_terms(articles, known_counts, planned.unchanged)
        space = build_space(articles, counted, vectors)
    with _timed(seconds, "index"):
        space, index_spec = indexed(space)
    with _timed(seconds, "neighbours"):
        published = np.array([published_second(article) for article in articles], np.int64)
        related = relate(space, published, partial(progress, "neighbours"))
    contents = Contents(
        articles=articles,
        vectors=vectors,
        counts=counted,
        space=related.space,
        neighbours=related.neighbours,
        columns=columns_of(articles, related.groups),
        index_spec=index_spec,
        embedder=embedder.spec,
        source=planned.source,
        read_at=planned.read_at,
        live_number=planned.live_number,
    )
    with _timed(seconds, "write"):
        name = snapshot.write(publish.snapshots_folder(home), contents)
        publish.publish(home, name)
    checkpoint.clear()
    report = _report(name, planned, index_spec.recall_at_10)
    with _served_anyway(name):
        _tidy(home, planned)
    with _served_anyway(name):
        build_report.save(home, report)
    return report


@contextmanager
def _served_anyway(name: str) -> Iterator[None]:
    """Warn of what fails when the snapshot `name` is published: the next build does it."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        log.warning("%s is published, but not everything could be written: %s", name, one_line(str(error)))


def _tidy(home: Path, planned: Plan) -> None:
    """Delete old snapshots, and live changes that the source reflects and no snapshot that is left lacks."""
    publish.prune(home)
    oldest = min(manifest.live_number for manifest in publish.readable(home))
    LiveChanges(home).catch_up(planned.corpus.caught_up, oldest)


def _report(name: str, planned: Plan, recall_at_10: float) -> BuildReport:
    count = len(planned.corpus.articles)
    return BuildReport(
        snapshot=name,
        source=planned.source,
        finished_at=datetime.now(UTC),
        count=count,
        read=planned.rejections.read,
        rejected=dict(planned.rejections.rejected),
        repaired=dict(planned.rejections.repaired),
        examples=planned.rejections.examples,
        reused=len(planned.known),
        embedded=count - len(planned.known),
        deleted=planned.deleted,
        live_put=planned.corpus.put,
        live_deleted=planned.corpus.deleted,
        recall_at_10=recall_at_10,
        seconds=planned.seconds,
    )


def _previous(home: Path) -> Snapshot | None:
    """Return the snapshot whose vectors may be reused; a damaged one is no reason not to build."""
    if not publish.names(home):
        return None
    try:
        return publish.open_current(home)
    except SnapshotError as error:
        log.info("every article is embedded anew: %s", error)
        return None


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - started, 3)
