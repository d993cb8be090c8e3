"""One session with one system, in the system's own virtual environment: start it, do one thing, stop it.

``python -m benchmarks.peers.session PEER load|answer|measure FOLDER EXCHANGE [SECONDS]``; prints JSON as its last line.
"""

import json
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.peers.clients import Workload, measure
from benchmarks.peers.peer import Peer, disk_bytes
from benchmarks.peers.processes import cpu_seconds


def main() -> None:
    """Do what the command line says."""
    name, action, folder, exchange = sys.argv[1:5]
    peer: Peer = import_module(f"benchmarks.peers.{name}")
    port = _free_port()
    with peer.server(Path(folder), port) as pid:
        if action == "load":
            found = _load(peer, port, pid, Path(exchange))
        elif action == "answer":
            found = _answers(peer, port, Path(exchange))
        else:
            found = measure(name, port, pid, workloads(Path(exchange)), float(sys.argv[5]))
    if action == "load":
        found["bytes"] = disk_bytes(Path(folder) / peer.DATA)
    print(json.dumps(found))


def workloads(exchange: Path) -> dict[str, Workload]:
    """Return what is asked, by name."""
    return {
        name: Workload(asked["seeds"], asked["same_language"])
        for name, asked in json.loads((exchange / "workloads.json").read_text()).items()
    }


def _load(peer: Peer, port: int, server: int, exchange: Path) -> dict[str, Any]:
    started, before = time.perf_counter(), cpu_seconds(server) + time.process_time()
    peer.load(port, exchange)
    return {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": cpu_seconds(server) + time.process_time() - before,
    }


def _answers(peer: Peer, port: int, exchange: Path) -> dict[str, Any]:
    """Return the answers to the first seeds of each workload."""
    ask = peer.connect(port)
    asked = json.loads((exchange / "workloads.json").read_text())
    answered = {
        name: [ask(seed, workload["same_language"]) for seed in workload["judged"]] for name, workload in asked.items()
    }
    return {"version": peer.version(port), "answers": answered}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
