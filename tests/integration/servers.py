"""Start the real server as an operator would, and talk to it over HTTP."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True)
class Server:
    url: str
    process: "subprocess.Popen[bytes]"

    def get(self, path: str) -> Answer:
        return ask(urllib.request.Request(f"{self.url}{path}"))

    def post(self, path: str, body: object) -> Answer:
        data = json.dumps(body).encode()
        return ask(urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": "application/json"}))

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def ask(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, json.load(response))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.load(error))


@contextlib.contextmanager
def running(home: Path, workers: int = 2) -> Iterator[Server]:
    """Yield a server on a free port, ready or refusing; stopped at the end."""
    port = free_port()
    command = [sys.executable, "-m", "service", "--home", str(home), "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(command, env={**os.environ, "SILAH_POLL_SECONDS": "0.1"}, stderr=subprocess.DEVNULL)
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        wait_until(lambda: alive(server))
        yield server
    finally:
        process.terminate()
        process.wait(30)


def alive(server: Server) -> bool:
    try:
        return server.get("/healthz").status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def wait_until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
