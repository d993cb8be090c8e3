"""What an answer costs: ``python -m benchmarks.serve --original HOME [--home FOLDER] [--articles N] [--rounds N]``.

By id beside an empty Flask view on the same server that returns the same bytes, by text beside the bare encoder. The
articles are those of a snapshot and moved copies of them (`benchmarks.peers.corpus`), kept in the folder. Needs wrk.
Writes ``benchmarks/results/serve.json``, a plot, and the section of docs/performance.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import quote

import numpy as np

from benchmarks.peers import corpus
from benchmarks.peers.peer import running
from benchmarks.peers.processes import cpu_seconds
from benchmarks.serve_results import write
from models import publish, weights
from models.embedder import OnnxEmbedder
from models.snapshot import Snapshot
from service.settings import Settings

HERE = Path(__file__).parent
SCRIPT = HERE / "wrk" / "paths.lua"
SEED = 0
PATHS = 200_000
CONNECTIONS, TEXT_CONNECTIONS = 32, 16
WORKERS = 2
BY_ID = {"SILAH_TEXT_QUERIES": "false"}
TURNS, BARE = 5, 16
"""Turns of the bare encoder and the whole request in a round, so that both see the same machine; queries in a turn."""
FILTER = "language=same&since=2001-01-01T00:00:00Z"
QUERIES = (
    "تحلية مياه البحر في الدار البيضاء", "أسعار المحروقات", "prix du pain au Maroc", "la sécheresse et les barrages",
    "sequía en Andalucía", "elecciones municipales", "election results in Turkey", "football world cup 2030",
)  # fmt: skip

Figures = dict[str, float]


def main() -> None:
    """Measure, print and write."""
    options = _options()
    original = publish.open_current(options.original)
    home = options.home
    if not publish.names(home):
        corpus.write_snapshot(home, original, corpus.enlarged(original, options.articles))
    served = publish.open_current(home)
    with tempfile.TemporaryDirectory() as folder:
        by_id = _by_id(Path(folder), home, served, options)
        by_text = _by_text(Path(folder), options)
    write({"articles": served.manifest.count, "by_id": by_id, "by_text": by_text})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path, required=True, help="A home with a snapshot and the model it needs.")
    parser.add_argument("--home", type=Path, default=Path("var/benchmarks/serve"))
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm", type=int, default=15, help="Seconds that each server is asked before it is measured.")
    return parser.parse_args()


def _by_id(folder: Path, home: Path, served: Snapshot, options: argparse.Namespace) -> dict[str, Figures]:
    """Return the medians of each way to ask, the servers taking turns in every round."""
    names = [card.id for card in served.cards.all()]
    asked = {
        "readers": _write_paths(folder / "readers", names, _as_readers(len(names)), ""),
        "readers, filtered": _write_paths(folder / "filtered", names, _as_readers(len(names)), FILTER),
        "each article once": _write_paths(folder / "once", names, _each_once(len(names)), ""),
        "each article once, filtered": _write_paths(folder / "once-filtered", names, _each_once(len(names)), FILTER),
    }
    with _silah(home, folder, BY_ID) as (_pid, address):
        first = (folder / "readers").read_text().splitlines()[0]
        (folder / "body").write_bytes(_fetch(f"{address}{first}"))
    rounds = []
    for number in range(options.rounds):
        found = {}
        with _empty(folder) as address:
            found["empty view"] = _wrk(address, asked["readers"], CONNECTIONS, options.seconds)
        for name, environment in asked.items():
            with _silah(home, folder, BY_ID) as (_pid, address):
                _wrk(address, environment, CONNECTIONS, options.warm)  # a server that runs has its memory filled
                found[name] = _wrk(address, environment, CONNECTIONS, options.seconds)
        print(number + 1, {name: round(figures["rate"]) for name, figures in found.items()}, flush=True)
        rounds.append(found)
    return _medians(rounds)


def _by_text(folder: Path, options: argparse.Namespace) -> Figures:
    """Return medians in milliseconds, and rates, over the snapshot of ``--original``."""
    home = options.original
    prepared = weights.find(home, publish.open_current(home).manifest.embedder.sha256)
    if prepared is None:
        message = f"the model of {home} is not prepared there"
        raise SystemExit(message)
    served = OnnxEmbedder(prepared, threads=Settings().encoder_threads, spinning=False)
    encoders = {"bare_ms": OnnxEmbedder(prepared, threads=1), "bare_as_served_ms": served}
    (folder / "bodies").write_text("".join(f"{json.dumps({'text': text})}\n" for text in QUERIES))
    bodies = {"BODIES": str(folder / "bodies")}
    rounds = []
    with _silah(home, folder, {"SILAH_TEXT_QUERIES": "true", "OMP_NUM_THREADS": "1"}) as (pid, address):
        _wrk(address, bodies, TEXT_CONNECTIONS, options.warm)
        for encoder in encoders.values():
            encoder.embed(QUERIES)
        for _round in range(options.rounds):
            turns = [_turn(encoders, address, bodies) for _number in range(TURNS)]
            before, started = cpu_seconds(pid), time.perf_counter()
            many = _wrk(address, bodies, TEXT_CONNECTIONS, options.seconds)
            used = (cpu_seconds(pid) - before) / (time.perf_counter() - started) / (os.cpu_count() or 1)
            rounds.append({"": {**_medians(turns)[""], "many_rate": many["rate"], "many_cpu_share": used}})
            print(rounds[-1][""], flush=True)
    return _medians(rounds)[""]


def _turn(encoders: Mapping[str, OnnxEmbedder], address: str, bodies: Mapping[str, str]) -> dict[str, Figures]:
    """Return what a query takes each bare encoder, and then a client that keeps its one connection, a second each."""
    bare = {name: _bare(encoder) for name, encoder in encoders.items()}
    one = _wrk(address, bodies, 1, 1)
    return {"": {**bare, "whole_ms": one["p50_ms"], "one_rate": one["rate"]}}


def _bare(encoder: OnnxEmbedder) -> float:
    return median(_milliseconds(partial(encoder.embed, [text])) for text in QUERIES * BARE)


def _as_readers(count: int) -> np.ndarray:
    """Return rows as readers ask for them: the r-th most read article 1/r times as often as the first (Zipf)."""
    random = np.random.default_rng(SEED)
    ranks = np.arange(1, count + 1)
    popular = random.permutation(count)
    return popular[random.choice(count, PATHS, p=1 / ranks / (1 / ranks).sum())]


def _each_once(count: int) -> np.ndarray:
    return np.random.default_rng(SEED).permutation(count)


def _write_paths(path: Path, names: Sequence[str], rows: np.ndarray, query: str) -> dict[str, str]:
    lines = (f"/v1/articles/{quote(names[row], safe='')}/related{query and f'?{query}'}\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return {"PATHS": str(path)}


@contextmanager
def _silah(home: Path, folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    port = 18_600
    command = [sys.executable, "-m", "service", "--home", str(home), "--port", str(port), "--workers", str(WORKERS)]
    with running(command, port, folder / "silah.log", settings) as pid:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield pid, f"http://127.0.0.1:{port}"


@contextmanager
def _empty(folder: Path) -> Iterator[str]:
    """Start granian as ``silah-serve`` does."""
    port = 18_601
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", "4", "--no-ws", "benchmarks.empty_view:app"]
    with running(command, port, folder / "empty.log", {"EMPTY_BODY": str(folder / "body")}):
        yield f"http://127.0.0.1:{port}"


def _wait(address: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            _fetch(address)
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = f"{address} does not answer"
    raise SystemExit(message)


def _wrk(address: str, environment: Mapping[str, str], connections: int, seconds: int) -> Figures:
    threads = str(min(2, connections))
    command = ["wrk", "-t", threads, "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s"]
    command += ["-s", str(SCRIPT), address]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    if figures["failed"]:
        message = f"{figures['failed']} requests failed: {done.stdout}"
        raise SystemExit(message)
    return figures


def _fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - this machine
        return bytes(answer.read())


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def _medians(rounds: Sequence[Mapping[str, Figures]]) -> dict[str, Figures]:
    return {
        name: {figure: median(each[name][figure] for each in rounds) for figure in figures}
        for name, figures in rounds[0].items()
    }


if __name__ == "__main__":
    main()
