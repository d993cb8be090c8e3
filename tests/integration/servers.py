"""Start the real server as an operator would, and talk to it over HTTP."""

import contextlib
import json
import os
import random
import signal
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

PATIENCE = 300.0
"""Seconds that a test waits for what must come. No test says how fast: on a busy machine a moment takes a minute."""
POLL_SECONDS = 0.1
"""How often the workers of these servers look for what is new."""


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
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return Answer(response.status, json.load(response))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.load(error))


@contextlib.contextmanager
def running(home: Path, workers: int = 2, port: int | None = None) -> Iterator[Server]:
    """Yield a server on a free port (or `port`), ready or refusing; stopped at the end."""
    port = port or free_port()
    command = [sys.executable, "-m", "service", "--home", str(home), "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(command, env={**os.environ, "SILAH_POLL_SECONDS": str(POLL_SECONDS)})
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        wait_until(lambda: alive(server), process)
        yield server
    finally:
        stop(process)


def stop(process: "subprocess.Popen[Any]", how: signal.Signals = signal.SIGTERM) -> None:
    """End a program; one that does not end when it is told to is killed, and is an error."""
    process.send_signal(how)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def alive(server: Server) -> bool:
    try:
        return server.get("/healthz").status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def wait_until(condition: Any, *programs: "subprocess.Popen[Any]") -> None:
    """Wait until `condition` is met, but not for `programs` that have ended."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert all(program.poll() is None for program in programs), "a program that was waited for has ended"
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.05)
    assert all(program.poll() is None for program in programs), "another program answered"


def free_port() -> int:
    """Return a port that nothing listens on, below those that the system hands out: it stays free until it is used."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    message = "a hundred ports were tried, and none was free"
    raise OSError(message)
