"""An HTTP server that does nothing: how fast the load generator itself is."""

import http.client
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.peer import Ask, running

DATA = "."


def application(_environ, start_response):  # noqa: ANN001, ANN201, D103 - WSGI
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"[]"]


@contextmanager
def server(folder: Path, port: int) -> Iterator[int]:
    """Start granian as ``silah-serve`` does."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "4", "benchmarks.peers.empty:application"]
    with running(command, port, folder / "server.log", {}) as pid:
        yield pid


def load(_port: int, _exchange: Path) -> None:
    """There is nothing to load."""


def connect(port: int) -> Ask:
    """Keep one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(_article_id: str, _same_language: bool) -> list[str]:  # noqa: FBT001 - see Ask
        connection.request("GET", "/")
        connection.getresponse().read()
        return []

    return ask


def version(_port: int) -> str:
    """Return what it is."""
    return "empty endpoint"
