"""One snapshot: written once by the indexer, then only read. Writer and reader share this file.

The layout is described in ``docs/snapshot-format.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from models import cards, durable, manifest
from models.article import Article
from models.cards import Cards
from models.embedder import EmbedderSpec, Vectors
from models.manifest import IndexSpec, Manifest, SnapshotError
from models.text import TEXT_VERSION

VECTORS_FILE = "vectors.npy"
INDEX_FILE = "index.faiss"

Rows = npt.NDArray[np.int64]
Similarities = npt.NDArray[np.float32]

_MARGIN = 16
"""How many more rows than k are fetched, so that equal similarities can be put in row order."""
_ROUNDING = 1e-5
"""FAISS and NumPy add the same products in another order: their results differ by less than this."""


@dataclass(frozen=True)
class Snapshot:
    """An open snapshot. Its files are memory-mapped; any number of threads may search it at once."""

    name: str
    manifest: Manifest
    vectors: Vectors
    index: Any  # faiss.Index: its methods are patched in at import, out of a type checker's sight
    cards: Cards

    def search(self, queries: Vectors, k: int) -> tuple[Rows, Similarities]:
        """Return the `k` rows nearest to each query and their similarities, both (m, min(k, count)).

        `queries` is (m, dim) float32 unit rows. Nearest first; equal similarities in row order, exactly as a sort of
        all similarities would give.
        """
        k = min(k, self.manifest.count)
        fetched = min(k + _MARGIN, self.manifest.count)
        while True:
            rows = np.asarray(self.index.search(queries, fetched)[1], np.int64)
            similarities = similarity(self.vectors[rows], queries[:, None, :])
            order = np.lexsort((rows, -similarities))
            rows = np.take_along_axis(rows, order, axis=1)
            similarities = np.take_along_axis(similarities, order, axis=1)
            tied = fetched < self.manifest.count and np.any(similarities[:, -1] >= similarities[:, k - 1] - _ROUNDING)
            if not tied:
                return rows[:, :k], similarities[:, :k]
            fetched = min(4 * fetched, self.manifest.count)


def similarity(left: Vectors, right: Vectors) -> Similarities:
    """Return the inner products over the last axis, each computed alike whatever stands beside it in the array.

    BLAS gives a row another last bit in a large product than in a small one, and equal vectors would no longer tie.
    """
    return np.asarray((left * right).sum(axis=-1, dtype=np.float32))


@dataclass(frozen=True)
class Contents:
    """What a snapshot is written from: row i is ``articles[i]``, ``vectors[i]`` and vector i of `index`."""

    articles: Sequence[Article]
    vectors: Vectors
    index: Any
    index_spec: IndexSpec
    embedder: EmbedderSpec
    source: str
    read_at: datetime


def write(snapshots: Path, contents: Contents) -> str:
    """Write a new snapshot below `snapshots`, verify it, and return its name. It is not yet served: see `publish`."""
    with durable.temporary_folder(snapshots, "snapshot") as folder:
        np.save(folder / VECTORS_FILE, contents.vectors)
        faiss.write_index(contents.index, str(folder / INDEX_FILE))
        cards.write(folder, contents.articles)
        described = _describe(folder, contents)
        (folder / manifest.FILE).write_text(described.dump(), encoding="utf-8")
        _open(folder, described)
        durable.settle(folder, snapshots / described.snapshot_name())
    return described.snapshot_name()


def open_snapshot(folder: Path) -> Snapshot:
    """Return the snapshot in `folder`, verified.

    Raises SnapshotError when a file is missing or damaged, or the parts do not belong together.
    """
    return _open(folder, manifest.load(folder))


def _describe(folder: Path, contents: Contents) -> Manifest:
    return Manifest(
        format=manifest.FORMAT,
        created_at=datetime.now(UTC).replace(microsecond=0),
        source=contents.source,
        read_at=contents.read_at,
        count=len(contents.articles),
        dim=contents.embedder.dim,
        text_version=TEXT_VERSION,
        embedder=contents.embedder,
        index=contents.index_spec,
        files=durable.checksums(folder),
    )


def _open(folder: Path, described: Manifest) -> Snapshot:
    manifest.verify_files(folder, described)
    vectors = np.load(folder / VECTORS_FILE, mmap_mode="r")
    # IO_FLAG_MMAP alone reads a Flat index into memory; with _IFC its pages are mapped and shared by all workers.
    index = faiss.read_index(str(folder / INDEX_FILE), faiss.IO_FLAG_MMAP_IFC)
    snapshot = Snapshot(described.snapshot_name(), described, vectors, index, Cards(folder))
    _check_parts(snapshot)
    return snapshot


def _check_parts(snapshot: Snapshot) -> None:
    expected = (snapshot.manifest.count, snapshot.manifest.dim)
    parts = {
        VECTORS_FILE: snapshot.vectors.shape,
        INDEX_FILE: (snapshot.index.ntotal, snapshot.index.d),
        cards.FILE: (len(snapshot.cards), snapshot.manifest.embedder.dim),
    }
    for name, shape in parts.items():
        if tuple(shape) != expected:
            message = f"snapshot {snapshot.name}: {name} holds {shape}, the manifest says {expected}"
            raise SnapshotError(message)
