"""Vectors of a build that has not finished: a build that is killed goes on where it was.

``checkpoint/<made by>/<n>.npz`` below the home: the content hashes of some articles and their vectors; what made them,
the embedder and the text version, is a checksum. The folder is deleted when the snapshot is published.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models import durable
from models.embedder import EmbedderSpec, Vectors
from models.text import TEXT_VERSION

FOLDER = "checkpoint"


class Checkpoint:
    """The unfinished vectors of one home, for one embedder; those of another are not used."""

    def __init__(self, home: Path, embedder: EmbedderSpec) -> None:
        made_by = hashlib.sha256(f"{TEXT_VERSION} {embedder.model_dump_json()}".encode()).hexdigest()[:16]
        self._root = home / FOLDER
        self._folder = self._root / made_by

    def load(self) -> dict[str, Vectors]:
        """Return the vectors by content hash; a part that is damaged is as good as missing."""
        vectors: dict[str, Vectors] = {}
        for path in sorted(self._folder.glob("*.npz")):
            try:
                with np.load(path) as part:
                    vectors.update(zip(part["hashes"].tolist(), part["vectors"], strict=True))
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                path.unlink(missing_ok=True)
        return vectors

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep some vectors, on the disk when this returns."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with durable.temporary_folder(self._root, "part") as temporary:
            np.savez(temporary / "part.npz", hashes=np.array(hashes), vectors=vectors)
            # Not by their count: when a damaged one was dropped, a whole one has that name.
            last = max((int(path.stem) for path in self._folder.glob("*.npz")), default=-1)
            durable.replace(temporary / "part.npz", self._folder / f"{last + 1:06}.npz")

    def clear(self) -> None:
        """Drop everything: the vectors are in a published snapshot."""
        shutil.rmtree(self._root, ignore_errors=True)
