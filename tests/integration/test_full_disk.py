"""A full disk: one clear line, nothing lost that was there, nothing half-visible."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.build import BuildError, build
from models.live import LiveChanges, LiveWriteError
from models.publish import open_current
from tests.conftest import RECORDS, silent, write_jsonl
from tests.fakes import FakeEmbedder, article


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_build_that_does_not_fit_leaves_the_old_snapshot_served(small_disk: Path, tmp_path: Path) -> None:
    few = write_jsonl(tmp_path / "few.jsonl", RECORDS)
    many = [{"id": str(n), "title": f"sea {n}", "text": f"rain {n}", "language": "en"} for n in range(5_000)]
    served = build(small_disk, str(few), FakeEmbedder(), silent).snapshot
    with pytest.raises(BuildError, match=r"cannot be written \(\d+ bytes are free\)") as refused:
        build(small_disk, str(write_jsonl(tmp_path / "many.jsonl", many)), FakeEmbedder(), silent)
    assert "\n" not in str(refused.value)
    assert open_current(small_disk).name == served
    assert build(small_disk, str(few), FakeEmbedder(), silent).count == len(RECORDS)


def test_a_live_change_that_does_not_fit_is_not_acknowledged(small_disk: Path) -> None:
    store, spec = LiveChanges(small_disk), FakeEmbedder().spec
    vector = np.zeros(5, np.float32)
    last = store.put(article("1", "kept"), vector, spec)
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4_096))
    with pytest.raises(LiveWriteError, match="could not be written"):
        store.put(article("big", "x" * 500_000), vector, spec)
    (small_disk / "ballast").unlink()
    assert store.last_number() == last
    assert store.after(0)[0].article == article("1", "kept")
    assert store.put(article("2", "after"), vector, spec) > last
