"""Silah beside other systems: ``python -m benchmarks.peers --original HOME [--home FOLDER] [--install]``.

All hold the same 100,000 articles, made from the snapshot published in HOME, and answer the same questions under the
same filters, one system at a time in turn, round after round. Each runs in a virtual environment of its own, kept in
FOLDER with what it has loaded. Writes ``benchmarks/results/peers.json`` and ``.png``, and the tables in
docs/performance.md. As root, PostgreSQL runs as the user nobody, who must be able to read FOLDER.
"""

import argparse
import json
import shutil
import signal
import sys
from pathlib import Path

from benchmarks.peers import judge, results
from benchmarks.peers.bench import EMPTY, REQUIREMENTS, ROOT, SILAH, Bench, Found, SessionError
from benchmarks.peers.corpus import COUNT, Corpus, enlarged, write_exchange, write_snapshot
from benchmarks.peers.peer import disk_bytes
from models import publish
from models.snapshot import Snapshot

ROUNDS, SECONDS = 5, 5.0


def main() -> None:
    """Load what is not loaded yet, measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--original", type=Path, default=ROOT / "var", help="a home whose snapshot is enlarged")
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "peers", help="where everything is kept")
    parser.add_argument("--install", action="store_true", help="install the systems that are not")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each workload in a round")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("terminated"))
    bench = Bench(arguments.home.absolute())
    original = publish.open_current(arguments.original)
    corpus = enlarged(original, COUNT)
    write_exchange(bench.exchange, corpus)
    systems, unavailable = loaded(bench, original, corpus, install=arguments.install)
    judged(bench, corpus, systems)
    rounds = [measured(bench, list(systems), arguments.seconds) for _round in range(arguments.rounds)]
    results.write(systems, unavailable, rounds, corpus)


def loaded(
    bench: Bench, original: Snapshot, corpus: Corpus, *, install: bool
) -> tuple[dict[str, Found], dict[str, str]]:
    """Return what loading cost each system, and why others cannot be measured."""
    systems, unavailable = {}, {}
    for system in REQUIREMENTS:
        try:
            if install:
                bench.install(system)
            systems[system] = load(bench, system, original, corpus)
        except SessionError as error:
            unavailable[system] = str(error)
        print(system, systems.get(system), unavailable.get(system), flush=True)
    return systems, unavailable


def load(bench: Bench, system: str, original: Snapshot, corpus: Corpus) -> Found:
    """Load `system`, unless that was done before; what was left of an attempt that failed is deleted."""
    noted = bench.folder(system) / "loaded.json"
    if not noted.exists():
        shutil.rmtree(bench.folder(system), ignore_errors=True)
        bench.folder(system).mkdir(parents=True)
        if system == SILAH:
            found = write_snapshot(bench.folder(system), original, corpus)
            found["bytes"] = disk_bytes(bench.folder(system))
        else:
            found = bench.session(system, "load")
        noted.write_text(json.dumps(found))
    return dict(json.loads(noted.read_text()))


def judged(bench: Bench, corpus: Corpus, systems: dict[str, Found]) -> None:
    """Add to `systems` the version, and recall@10 by workload."""
    workloads = json.loads((bench.exchange / "workloads.json").read_text())
    for system, found in systems.items():
        answered = bench.session(system, "answer")
        found["version"] = answered["version"]
        if system == EMPTY:
            continue
        exact = judge.products(corpus)
        if system == SILAH:
            exact = judge.fused(publish.open_current(bench.folder(system)))
        found["recall"] = {
            name: judge.recall(corpus, exact, workload, answered["answers"][name])
            for name, workload in workloads.items()
        }
        print(found["version"], found["recall"], flush=True)


def measured(bench: Bench, systems: list[str], seconds: float) -> dict[str, Found]:
    """Return one round's figures by system and workload."""
    figures = {}
    for system in systems:
        figures[system] = bench.session(system, "measure", str(seconds))
        print(system, json.dumps(figures[system]), flush=True)
    return figures


if __name__ == "__main__":
    main()
