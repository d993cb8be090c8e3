"""Which snapshot is served: publish, roll back, list, prune. All of it is one folder and one line in ``CURRENT``."""

import contextlib
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from models import durable, manifest
from models.manifest import Manifest, SnapshotError
from models.snapshot import Snapshot, open_snapshot

CURRENT_FILE = "CURRENT"
KEPT = 3
"""How many snapshots are kept by default: the one served, and two to roll back to."""


def snapshots_folder(home: Path) -> Path:
    """Return the folder that holds the snapshots of `home`."""
    return home / "snapshots"


def current_name(home: Path) -> str:
    """Return the name of the snapshot that is served. Raises SnapshotError when there is none."""
    path = snapshots_folder(home) / CURRENT_FILE
    try:
        name = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        message = f"no snapshot is published in {home}: {path} is missing (run 'silah-index build')"
        raise SnapshotError(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {type(error).__name__}"
        raise SnapshotError(message) from error
    if not name or "/" in name or name.startswith("."):
        message = f"{path} does not hold the name of a snapshot"
        raise SnapshotError(message)
    return name


def open_current(home: Path) -> Snapshot:
    """Return the snapshot that is served, open and verified. Raises SnapshotError."""
    return open_named(home, current_name(home))


def open_named(home: Path, name: str) -> Snapshot:
    """Return the snapshot `name`, open and verified. Raises SnapshotError."""
    return open_snapshot(snapshots_folder(home) / name)


def publish(home: Path, name: str) -> None:
    """Make the snapshot `name` the one that is served."""
    durable.write_text(snapshots_folder(home) / CURRENT_FILE, f"{name}\n")


def names(home: Path) -> list[str]:
    """Return the names of all snapshots of `home`, newest first, and last those of a clock that was ahead."""
    age = partial(_age, now=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    folders = [path for path in snapshots_folder(home).glob("*") if path.is_dir() and not path.name.startswith(".")]
    return [path.name for path in sorted(folders, key=age, reverse=True)]


def readable(home: Path) -> list[Manifest]:
    """Return the manifests of the snapshots of `home`, newest first, those that can be read."""
    found = []
    for name in names(home):
        with contextlib.suppress(SnapshotError):
            found.append(describe(home, name))
    return found


def describe(home: Path, name: str) -> Manifest:
    """Return the manifest of the snapshot `name`. Raises SnapshotError."""
    return manifest.load(snapshots_folder(home) / name)


def roll_back(home: Path, name: str | None = None) -> str:
    """Serve the snapshot `name`, or the newest one older than the one served; return its name.

    Raises SnapshotError when there is no such snapshot or it is damaged: then nothing changes.
    """
    if name is None:
        name = _before(names(home), current_name(home))
    open_named(home, name)
    publish(home, name)
    return name


def prune(home: Path, keep: int = KEPT) -> list[str]:
    """Delete all but the newest `keep` snapshots and the one served; return the names of the deleted.

    A process that still serves a deleted snapshot keeps its mapped files until it lets go of them.
    """
    served = current_name(home)
    doomed = [name for name in names(home)[keep:] if name != served]
    for name in doomed:
        folder = snapshots_folder(home) / name
        # Renamed first: a half-deleted snapshot never stands under its own name.
        leftover = folder.with_name(f"{durable.TEMPORARY_PREFIX}{name}")
        folder.rename(leftover)
        shutil.rmtree(leftover, ignore_errors=True)
    return doomed


def _age(folder: Path, now: str) -> tuple[str, int]:
    """Order by the time in the name, unless it is after `now`, and within one second by the time of writing."""
    time = folder.name.partition("-")[0]
    return ("" if time > now else time, folder.stat().st_mtime_ns)


def _before(newest_first: list[str], served: str) -> str:
    if served in newest_first:
        older = newest_first[newest_first.index(served) + 1 :]
    else:
        older = [name for name in newest_first if name < served]
    if not older:
        message = f"there is no snapshot older than {served}"
        raise SnapshotError(message)
    return older[0]
