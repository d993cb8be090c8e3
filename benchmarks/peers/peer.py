"""What every system has to offer to be measured.

A peer is a module; it runs in a virtual environment of its own, so this module and all that peers import beside their
own client need the standard library and NumPy only.
"""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

K = 10
M, EF_CONSTRUCTION = 32, 200
"""The HNSW graph, the same for all: neighbours of a node, and candidates while it is built."""
CARD = ("id", "title", "url", "language", "category", "published_at")
"""What every system stores and answers beside an id."""
_PATIENCE_SECONDS = 120

Ask = Callable[[str, bool], list[str]]
"""(id, whether only its language) -> the ids of at most `K` related articles, nearest first, not the id itself."""


class Peer(Protocol):
    """A system."""

    DATA: str
    """The part of its folder that holds the articles: not its programs, logs and write-ahead logs."""

    def server(self, folder: Path, port: int) -> AbstractContextManager[int]:
        """Serve `folder` on the loopback address for as long as the block runs; return the process id."""

    def load(self, port: int, exchange: Path) -> None:
        """Put the articles of `exchange` into an empty server and index them."""

    def connect(self, port: int) -> Ask:
        """Return a client with a connection of its own."""

    def version(self, port: int) -> str:
        """Return the name and version of what runs on `port`."""


def cards(exchange: Path) -> list[dict[str, Any]]:
    """Return the cards of all articles, by row."""
    lines = (exchange / "cards.jsonl").read_text(encoding="utf-8").splitlines()
    return [{name: json.loads(line)[name] or "" for name in CARD} for line in lines]


def vectors(exchange: Path) -> np.ndarray:
    """Return (n, dim) float32."""
    return np.load(exchange / "vectors.npy")


def disk_bytes(folder: Path) -> int:
    """Return how much disk the files below `folder` occupy."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, environment: Mapping[str, str], user: int | None = None
) -> Iterator[int]:
    """Run `command` until the block ends, with `environment` besides, from when `port` answers; log to `log`."""
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment}, user=user)
        try:
            wait_for(port, lambda: process.poll() is None)
            yield process.pid
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # PostgreSQL takes SIGTERM as a request to wait for its clients.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(port: int, alive: Callable[[], bool]) -> None:
    """Return when `port` takes connections. Raises RuntimeError when the server ended or does not come up."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and alive():
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = f"no server on port {port}"
    raise RuntimeError(message)
