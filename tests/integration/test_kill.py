"""Kill -9 at any point of a build: the old snapshot is still served, and the next build succeeds."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from models import publish
from models.publish import open_current
from tests.conftest import ROOT, Builder, write_jsonl

BUILD = """
import sys, time
from pathlib import Path
from indexer.build import build
from tests.fakes import FakeEmbedder
print("started", flush=True)
build(Path(sys.argv[1]), sys.argv[2], FakeEmbedder(), lambda *_: None)
"""
KILLS = 10


def start(home: Path, source: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", BUILD, str(home), str(source)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def test_kill_at_ten_random_points(build_records: Builder, home: Path, tmp_path: Path) -> None:
    records = [{"id": str(n), "title": f"sea {n}", "text": "rain " * (n % 50), "language": "en"} for n in range(6_000)]
    build_records(records[:10])
    source = write_jsonl(tmp_path / "many.jsonl", records)
    began = time.monotonic()
    complete = start(home, source)
    complete.communicate()
    duration = time.monotonic() - began
    assert complete.returncode == 0
    chance = random.Random(7)  # noqa: S311 - any points will do, the same ones each time
    survived = 0
    for number in range(KILLS):
        served = publish.current_name(home)
        process = start(home, write_jsonl(source, [*records, {"id": "new", "title": f"school {number}"}]))
        time.sleep(duration * chance.uniform(0.02, 1.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if publish.current_name(home) != served:
            survived += 1
            duration /= 2  # the machine was busier when it was measured
        assert open_current(home).manifest.count in {6_000, 6_001}
        for name in publish.names(home):
            publish.open_named(home, name)
    assert survived < KILLS, "no build was killed before it was published"
    report = build_records(records)
    assert publish.current_name(home) == report.snapshot
    assert not list(publish.snapshots_folder(home).glob(".tmp-*"))
