"""Folders and small files that either appear whole or do not appear at all."""

import contextlib
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

TEMPORARY_PREFIX = ".tmp-"


@contextlib.contextmanager
def temporary_folder(parent: Path, name: str) -> Iterator[Path]:
    """Yield a new folder in `parent`, to be filled and then given its name by `settle`.

    A block that raises leaves nothing behind; one that is killed leaves a ``.tmp-`` folder for `remove_leftovers`.
    """
    parent.mkdir(parents=True, exist_ok=True)
    temporary = parent / f"{TEMPORARY_PREFIX}{name}-{uuid.uuid4().hex[:8]}"
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def settle(temporary: Path, final: Path) -> None:
    """Sync everything in `temporary` to the disk, then rename it to `final` in one step."""
    for path in [*temporary.rglob("*"), temporary]:
        _sync(path)
    temporary.rename(final)
    _sync(final.parent)


def write_text(path: Path, text: str) -> None:
    """Replace the file at `path` by `text` in one step that survives a power cut."""
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        temporary.write_text(text, encoding="utf-8")
        replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def replace(temporary: Path, final: Path) -> None:
    """Sync the file `temporary` to the disk, then rename it to `final`, in place of what was there."""
    _sync(temporary)
    temporary.replace(final)
    _sync(final.parent)


def remove_leftovers(folder: Path, *, of: str = "") -> None:
    """Delete what killed writers left in `folder` (only those for the name `of`, when given).

    The caller holds the lock that writers of `folder` take.
    """
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}{of}*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of the file at `path`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below `folder`, by its path relative to it, sorted."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def stamp_of(path: Path) -> tuple[int, int, int]:
    """Return size, time of the last change in ns, and inode: one differs when a file is changed, copied or replaced."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
