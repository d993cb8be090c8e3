"""What grows with the corpus: ``python -m benchmarks.scale --original HOME [--home FOLDER] [--sizes N …]``.

Everything a build does but embedding, for corpora of several sizes; and what a worker of a large one costs: time from
its start to its first answer, and private memory. The articles are those of a snapshot and moved copies of them
(`benchmarks.peers.corpus`); in the one that is served, the neighbours are drawn at random and the texts are left out,
which no request by id can tell. Writes ``benchmarks/results/scale.json``, a plot, and the table of docs/performance.md.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.peers import corpus
from benchmarks.peers.corpus import Corpus
from benchmarks.peers.processes import tree
from benchmarks.scale_results import write
from indexer.neighbours import Related
from indexer.space import build_space
from models import publish
from models.neighbours import K, Neighbours
from models.snapshot import Snapshot

STARTS = 5
_EMPTY = "from flask import Flask; app = Flask('empty'); app.add_url_rule('/healthz', 'healthz', lambda: 'ok')"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path, required=True, help="A home with a snapshot.")
    parser.add_argument("--home", type=Path, default=Path("var/benchmarks/scale"))
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 30_000, 100_000])
    parser.add_argument("--served", type=int, default=1_000_000)
    options = parser.parse_args()
    original = publish.open_current(options.original)
    builds = {str(size): _built(original, size, options.home / "builds") for size in options.sizes}
    home = options.home / "served"
    if not publish.names(home):
        _write_served(home, original, options.served)
    write({"builds": builds, "served": {"articles": options.served, **_served(home)}})


def _built(original: Snapshot, size: int, home: Path) -> dict[str, Any]:
    shutil.rmtree(home, ignore_errors=True)
    found = corpus.write_snapshot(home, original, corpus.enlarged(original, size))
    print(size, found, flush=True)
    return found


def _write_served(home: Path, original: Snapshot, size: int) -> None:
    full = corpus.enlarged(original, size)
    articles = [article.model_copy(update={"text": ""}) for article in full.articles]
    made = Corpus(articles, full.vectors)
    space, index_spec = build_space(made.articles, made.vectors)
    random = np.random.default_rng(corpus.SEED)
    similarities = -np.sort(-random.random((size, K), np.float32), axis=1)
    rows = random.integers(0, size, (size, K), np.int32)
    neighbours = Neighbours(rows, similarities, np.zeros(size, np.float32))
    related = Related(space, neighbours, np.arange(size, dtype=np.int32))
    corpus.publish_related(home, original, made, related, index_spec)


def _served(home: Path) -> dict[str, Any]:
    """Return seconds to the first answer, beside an empty Flask application's, and the private memory of a worker."""
    names = [card.id for card, _number in zip(publish.open_current(home).cards.all(), range(2_000), strict=False)]
    silah = [sys.executable, "-m", "service", "--home", str(home), "--port", "18700", "--workers", "1"]
    empty = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", "18700", "--no-ws", "empty:app"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty.py").write_text(_EMPTY)
        started: dict[str, list[float]] = {"silah": [], "empty": []}
        for _start in range(STARTS):
            started["silah"].append(_start_up(silah, f"/v1/articles/{names[0]}/related", folder)[0])
            started["empty"].append(_start_up(empty, "/healthz", folder)[0])
        _seconds, private = _start_up(silah, f"/v1/articles/{names[0]}/related", folder, names)
    return {
        "ready_s": median(started["silah"]),
        "empty_ready_s": median(started["empty"]),
        "private_mb": private,
    }


def _start_up(command: list[str], path: str, folder: str, names: list[str] | None = None) -> tuple[float, float]:
    """Return the seconds to the first answer, and the private MB of the worker after it was asked for `names`."""
    begun = time.perf_counter()
    paths = f"{Path(__file__).parent.parent}:{folder}"
    environment = {"PYTHONPATH": paths, "SILAH_TEXT_QUERIES": "false", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(path):
            time.sleep(0.01)
        seconds = time.perf_counter() - begun
        for name in names or []:
            _answers(f"/v1/articles/{name}/related?k=10")
        return seconds, max(map(_private_mb, tree(process.pid)))
    finally:
        process.terminate()
        process.wait(60)


def _answers(path: str) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:18700{path}", timeout=30).close()
    except OSError:
        return False
    return True


def _private_mb(pid: int) -> float:
    """Return what belongs to the process alone: pages of mapped files are the system's, shared by all workers."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty")) / 1000


if __name__ == "__main__":
    main()
