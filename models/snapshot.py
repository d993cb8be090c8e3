"""One snapshot: written once by the indexer, then only read. Writer and reader share this file.

The layout is described in ``docs/snapshot-format.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import cards, columns, counts, durable, geometry, manifest, neighbours, search, terms
from models.article import Article
from models.cards import Cards
from models.columns import Columns
from models.counts import Counts
from models.embedder import EmbedderSpec, Vectors
from models.manifest import IndexSpec, Manifest, SnapshotError
from models.neighbours import Neighbours
from models.space import Space
from models.text import TEXT_VERSION

VECTORS_FILE = "vectors.npy"
DIRECTIONS_FILE = "directions.npy"
GEOMETRY_FILE = "geometry.npz"
INDEX_FILE = "index.faiss"
ROUNDED_FILE = "rounded.faiss"


@dataclass(frozen=True)
class Snapshot:
    """An open snapshot. Its files are memory-mapped; any number of threads may read it at once."""

    name: str
    manifest: Manifest
    vectors: Vectors
    space: Space
    neighbours: Neighbours
    columns: Columns
    cards: Cards
    counts: Counts | None
    """None in a snapshot of a version that kept none, or counted in another way."""


@dataclass(frozen=True)
class Contents:
    """What a snapshot is written from: row i is ``articles[i]`` everywhere."""

    articles: Sequence[Article]
    vectors: Vectors
    counts: Counts
    space: Space
    neighbours: Neighbours
    columns: Columns
    index_spec: IndexSpec
    embedder: EmbedderSpec
    source: str
    read_at: datetime
    live_number: int


def write(snapshots: Path, contents: Contents) -> str:
    """Write a new snapshot below `snapshots`, verify it, and return its name. It is not yet served: see `publish`."""
    with durable.temporary_folder(snapshots, "snapshot") as folder:
        _write_parts(folder, contents)
        described = _describe(folder, contents)
        (folder / manifest.FILE).write_text(described.dump(), encoding="utf-8")
        manifest.verify_files(folder, described, trusting=False)
        _open(folder, described)
        durable.settle(folder, snapshots / described.snapshot_name())
    return described.snapshot_name()


def open_snapshot(folder: Path) -> Snapshot:
    """Return the snapshot in `folder`, verified.

    Raises SnapshotError when a file is missing, damaged or cannot be read, or the parts do not belong together.
    """
    described = manifest.load(folder)
    try:
        return _open(folder, described)
    except (OSError, RuntimeError) as error:  # FAISS raises the latter when it cannot open a file
        message = f"snapshot {folder.name} cannot be read: {error}"
        raise SnapshotError(message) from error


def _write_parts(folder: Path, contents: Contents) -> None:
    np.save(folder / VECTORS_FILE, contents.vectors)
    np.save(folder / DIRECTIONS_FILE, contents.space.directions)
    np.savez(folder / GEOMETRY_FILE, allow_pickle=False, **geometry.to_arrays(contents.space.geometry))
    if contents.space.index is not None:
        search.save(contents.space.index, folder / INDEX_FILE)
    if contents.space.rounded is not None:
        search.save_rounded(contents.space.rounded, folder / ROUNDED_FILE)
    counts.save(contents.counts, folder)
    terms.save(contents.space.terms, folder)
    neighbours.save(contents.neighbours, folder)
    columns.save(contents.columns, folder)
    cards.write(folder, contents.articles)


def _describe(folder: Path, contents: Contents) -> Manifest:
    files = durable.checksums(folder)
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
        live_number=contents.live_number,
        files=files,
        stamps={name: durable.stamp_of(folder / name) for name in files},
    )


def _open(folder: Path, described: Manifest) -> Snapshot:
    manifest.verify_files(folder, described, trusting=True)
    loaded = columns.load(folder)
    snapshot = Snapshot(
        described.snapshot_name(),
        described,
        np.load(folder / VECTORS_FILE, mmap_mode="r"),
        _open_space(folder, described, loaded.language),
        neighbours.load(folder),
        loaded,
        Cards(folder),
        counts.load(folder),
    )
    _check_parts(snapshot)
    return snapshot


def _open_space(folder: Path, described: Manifest, codes: npt.NDArray[np.int16]) -> Space:
    with np.load(folder / GEOMETRY_FILE) as arrays:
        fitted = geometry.from_arrays(arrays)
    # A view without memmap's bookkeeping, as in `models.columns`.
    directions = np.asarray(np.load(folder / DIRECTIONS_FILE, mmap_mode="r"))
    index = None
    if (effort := described.index.effort) is not None:
        index = search.load(folder / INDEX_FILE, effort.probes, effort.fetched)
    rounded = search.load_rounded(folder / ROUNDED_FILE) if ROUNDED_FILE in described.files else None
    return Space(fitted, terms.load(folder), directions, codes, index, rounded)


def _check_parts(snapshot: Snapshot) -> None:
    count, dim = snapshot.manifest.count, snapshot.manifest.dim
    shapes = {
        VECTORS_FILE: (snapshot.vectors.shape, (count, dim)),
        DIRECTIONS_FILE: (snapshot.space.directions.shape, (count, dim)),
        "embedder": (snapshot.manifest.embedder.dim, dim),
        "terms": (snapshot.space.terms.rows.shape[0], count),
        "neighbours": (snapshot.neighbours.rows.shape[0], count),
        "columns": (len(snapshot.columns.language), count),
        cards.FILE: (len(snapshot.cards), count),
    }
    if snapshot.counts is not None:
        shapes["counts"] = (snapshot.counts.table.shape[0], count)
    if snapshot.space.index is not None:
        lists = snapshot.space.index.lists
        shapes[INDEX_FILE] = ((lists.ntotal, lists.d), (count, dim))
    if snapshot.space.rounded is not None:
        entries = snapshot.space.rounded.entries
        shapes[ROUNDED_FILE] = ((entries.ntotal, entries.d), (count, dim))
    for name, (found, expected) in shapes.items():
        if found != expected:
            message = f"snapshot {snapshot.name}: {name} holds {found}, the manifest says {expected}"
            raise SnapshotError(message)
