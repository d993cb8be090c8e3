"""What grows with the corpus: ``python -m benchmarks.scale --original HOME [--home FOLDER] [--sizes N …]``.

What a build of corpora of several sizes costs when one article in a thousand changed; and what a worker of a large one
costs: time from its start to its first answer, and private memory. The articles are those of a snapshot and moved
copies of them (`benchmarks.peers.corpus`); in the one that is served, the neighbours are drawn at random and the texts
are left out, which no request by id can tell. Writes ``benchmarks/results/scale.json``, a plot, and the table of
docs/performance.md.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers import corpus
from benchmarks.peers.processes import tree
from benchmarks.scale_builds import rebuilt, without_texts, write_related_at_random
from benchmarks.scale_results import write
from models import publish

STARTS = 5
_EMPTY = "from flask import Flask; app = Flask('empty'); app.add_url_rule('/healthz', 'healthz', lambda: 'ok')"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path, required=True, help="A home with a snapshot.")
    parser.add_argument("--home", type=Path, default=Path("var/benchmarks/scale"))
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 300_000, 1_000_000])
    parser.add_argument("--served", type=int, default=1_000_000)
    options = parser.parse_args()
    original = publish.open_current(options.original)
    builds = {}
    for size in options.sizes:
        builds[str(size)] = rebuilt(options.original, size, options.home / "builds")
        print(size, builds[str(size)], flush=True)
    home = options.home / "served"
    if not publish.names(home):
        made = without_texts(corpus.enlarged(original, options.served))
        write_related_at_random(home, original, made, made)
    write({"builds": builds, "served": {"articles": options.served, **_served(home)}})


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
