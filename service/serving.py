"""What is served right now. A request takes one reference and keeps it; a swap needs no lock."""

import logging
import os
import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from models import overrides, publish, text, weights
from models.embedder import Embedder, OnnxEmbedder
from models.live import Change, LiveChanges
from models.manifest import SnapshotError
from models.snapshot import Snapshot
from models.weights import WeightsError
from service.batching import Batching
from service.settings import Settings
from service.view import View, changed

log = logging.getLogger(__name__)


class NotServingError(Exception):
    """There is no snapshot to answer from."""


class TextQueriesOffError(Exception):
    """This service embeds no texts."""


@dataclass(frozen=True, slots=True)
class Served:
    """A view and the embedder that its vectors were made with (None when text queries are switched off)."""

    view: View
    embedder: Embedder | None

    def require_embedder(self) -> Embedder:
        """Return the embedder. Raises TextQueriesOffError when there is none."""
        if self.embedder is None:
            message = "text queries are switched off here (SILAH_TEXT_QUERIES)"
            raise TextQueriesOffError(message)
        return self.embedder


class Serving:
    """Follows ``CURRENT`` and the live changes: makes each new view aside, then swaps the one reference."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._served: Served | None = None
        self._refreshing = threading.Lock()
        self.changes = LiveChanges(settings.home)
        self.problem: str | None = None
        """Why the published snapshot or live changes are not served, in one line; None when all is."""

    @property
    def view(self) -> View | None:
        """The view that is served, or None when there is none."""
        return None if self._served is None else self._served.view

    def now(self) -> Served:
        """Return what is served. Raises NotServingError when nothing is."""
        if self._served is None:
            raise NotServingError(self.problem or "no snapshot is open yet")
        return self._served

    def refresh(self) -> None:
        """Serve the published snapshot and all live changes; a snapshot that is refused leaves the old one served."""
        with self._refreshing:
            served, problem = self._served, None
            try:
                served = self._published(served)
            except (SnapshotError, WeightsError) as error:
                problem = str(error)
            if served is not None:
                try:
                    served = self._with_overrides(self._with_changes(served))
                except sqlite3.Error as error:
                    problem = f"live changes cannot be read: {error}"
                except WeightsError as error:
                    problem = f"live changes cannot be embedded: {error}"
            self._served = served
            self._note(problem)

    def watch(self) -> None:
        """Refresh now, and then every `poll_seconds` in a background thread, for as long as the process lives."""
        self.refresh()
        threading.Thread(target=self._poll, name="watch", daemon=True).start()

    def _poll(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._settings.poll_seconds):
            try:
                self.refresh()
            except Exception:  # the thread must outlive any surprise: without it nothing new is ever taken up again
                log.exception("new snapshots and changes could not be taken up")

    def _published(self, served: Served | None) -> Served:
        name = publish.current_name(self._settings.home)
        if served is not None and served.view.snapshot.name == name:
            return served
        snapshot = publish.open_named(self._settings.home, name)
        opened = Served(View(snapshot, number=snapshot.manifest.live_number), self._embedder(snapshot))
        log.info("serving snapshot %s", name)
        return opened

    def _with_overrides(self, served: Served) -> Served:
        if overrides.last_number(self._settings.home) <= served.view.overrides_number:
            return served
        number, decided = overrides.load(self._settings.home)
        return replace(served, view=replace(served.view, overrides=decided, overrides_number=number))

    def _with_changes(self, served: Served) -> Served:
        if self.changes.last_number() <= served.view.number:
            return served
        changes = [_embedded(change, served) for change in self.changes.after(served.view.number)]
        return Served(changed(served.view, changes), served.embedder)

    def _embedder(self, snapshot: Snapshot) -> Embedder | None:
        spec = snapshot.manifest.embedder
        if not self._settings.text_queries:
            return None
        if self._served is not None and self._served.embedder is not None and self._served.embedder.spec == spec:
            return self._served.embedder
        return Batching(_onnx_embedder(self._settings.home, snapshot, self._settings.encoder_threads))

    def _note(self, problem: str | None) -> None:
        """Log a problem when it begins, not at every poll."""
        if problem is not None and problem != self.problem:
            log.error("%s", problem)
        self.problem = problem


def _embedded(change: Change, served: Served) -> Change:
    """Return `change` with a vector of the served snapshot's embedder: the change may be older than the snapshot."""
    if change.article is None or change.embedder == served.view.snapshot.manifest.embedder:
        return change
    if served.embedder is None:
        log.warning("a live article waits for the next build: it was embedded with another model (%r)", change.id)
        return replace(change, vector=None)
    (vector,) = served.embedder.embed([text.embedding_text(change.article.title, change.article.text)])
    return replace(change, vector=vector)


def _onnx_embedder(home: Path, snapshot: Snapshot, threads: int) -> Embedder:
    spec = snapshot.manifest.embedder
    prepared = weights.find(home, spec.sha256)
    if prepared is None:
        message = (
            f"snapshot {snapshot.name} was made with the model {spec.name} ({spec.sha256[:8]}), which is not prepared "
            f"in {home / 'weights'}: run 'silah-index prepare', or set SILAH_TEXT_QUERIES=0 to answer by id only"
        )
        raise SnapshotError(message)
    embedder = OnnxEmbedder(prepared, spec.max_tokens, min(threads, os.cpu_count() or 1), spinning=False)
    if embedder.spec != spec:
        message = (
            f"snapshot {snapshot.name} was made with another setting of the model {spec.name} than the one prepared"
        )
        raise SnapshotError(message)
    return embedder
