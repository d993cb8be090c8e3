"""The manifest: what a snapshot says of itself, and the checks that hold it to its word."""

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from models.durable import sha256_of, stamp_of
from models.embedder import EmbedderSpec

FORMAT = 4
"""Raised when a reader of the last format could not read the new one."""
OLDEST_FORMAT = 3
"""Snapshots of it are read still: their index, an uncompressed copy of the directions, is not needed."""

FILE = "manifest.json"


class SnapshotError(Exception):
    """A snapshot is missing, damaged, or made for something else; the message is one line that says which."""


class Effort(BaseModel):
    """How much of an index a search looks at, and what share of the ten nearest it then finds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probes: int
    fetched: int
    recall_at_10: float


class IndexSpec(BaseModel):
    """How the nearest are found: by comparing all (``flat``), or with an inverted file of compressed vectors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["flat", "ivf"]
    recall_at_10: float
    lists: int | None = None
    effort: Effort | None = None
    """The one that is made; None for ``flat``."""
    tried: tuple[Effort, ...] | None = None
    """All that were measured, in order; None where none were."""


class _Format(BaseModel):
    format: int


class Manifest(BaseModel):
    """The contents of ``manifest.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    created_at: AwareDatetime
    source: str
    read_at: AwareDatetime
    count: int
    dim: int
    text_version: int
    embedder: EmbedderSpec
    index: IndexSpec
    live_number: int
    """The last live change that the build took in: those after it are not in the snapshot."""
    files: dict[str, str]
    """SHA-256 of every other file of the snapshot, by name."""
    stamps: dict[str, tuple[int, int, int]] | None = None
    """`durable.stamp_of` each of them as its writer left it, verified."""

    def dump(self) -> str:
        """Return the text of the file."""
        return self.model_dump_json(indent=1, exclude_none=True) + "\n"

    def snapshot_name(self) -> str:
        """Return ``<UTC time>-<first 8 digits of the checksum of the text>``: the folder vouches for its manifest."""
        digest = hashlib.sha256(self.dump().encode()).hexdigest()
        return f"{self.created_at:%Y%m%dT%H%M%SZ}-{digest[:8]}"


def load(folder: Path) -> Manifest:
    """Return the manifest of the snapshot in `folder`.

    Raises SnapshotError when it is missing, unreadable, of another format, or not the one the folder is named for.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
        _refuse_other_formats(folder, text)
        manifest = Manifest.model_validate_json(text)
    except FileNotFoundError as error:
        message = f"snapshot {folder.name}: {FILE} is missing"
        raise SnapshotError(message) from error
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        message = f"snapshot {folder.name}: {FILE} is damaged ({type(error).__name__})"
        raise SnapshotError(message) from error
    if manifest.snapshot_name() != folder.name:
        message = f"snapshot {folder.name}: {FILE} is not the one it was published with"
        raise SnapshotError(message)
    return manifest


def _refuse_other_formats(folder: Path, text: str) -> None:
    """Look at the format first: what else a manifest of another format holds is not known here."""
    found = _Format.model_validate_json(text).format
    if not OLDEST_FORMAT <= found <= FORMAT:
        message = f"snapshot {folder.name}: format {found}, this version reads {OLDEST_FORMAT} to {FORMAT}: build again"
        raise SnapshotError(message)


def verify_files(folder: Path, manifest: Manifest, *, trusting: bool) -> None:
    """Raise SnapshotError, naming the file, when a file of the snapshot is missing or damaged.

    When `trusting`, a file that still has the stamp of its writer is not read: a worker that opens a million articles
    is to answer in a second. A copy or a changed file has another stamp.
    """
    stamps = manifest.stamps if trusting and manifest.stamps else {}
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            message = f"snapshot {folder.name}: {name} is missing"
            raise SnapshotError(message)
        if stamps.get(name) != stamp_of(path) and sha256_of(path) != expected:
            message = f"snapshot {folder.name}: {name} is damaged (checksum)"
            raise SnapshotError(message)
