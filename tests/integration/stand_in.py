"""A stand-in for the service: it says what was asked of it, and answers as a test wishes."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.integration.servers import PATIENCE

FRAGMENT = b'<nav class="silah">a list</nav>'
ELSEWHERE = b"<html>another page</html>"


class StandIn(ThreadingHTTPServer):
    """Answers everything with `FRAGMENT`, with a redirect to `ELSEWHERE`, or not at all."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[str] = []
        """What was asked so far: ``PUT /v1/articles/1``."""
        self.told: list[Any] = []
        """The articles that were put."""
        self.redirects = False
        self.over = threading.Event()
        self.over.set()

    def be_silent(self) -> None:
        """Take what is asked, and answer no more."""
        self.over.clear()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        self.server.asked.append(self.requestline.rpartition(" ")[0])
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.command == "PUT":
            self.server.told.append(json.loads(body))
        self.server.over.wait(PATIENCE)
        is_elsewhere = self.path == "/elsewhere"
        answer = ELSEWHERE if is_elsewhere else FRAGMENT
        with contextlib.suppress(ConnectionError):  # who asked may be gone
            self.send_response(302 if self.server.redirects and not is_elsewhere else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    do_PUT = do_DELETE = do_GET  # noqa: N815 - as the base class wants them named

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def standing_in() -> Iterator[StandIn]:
    """Yield a stand-in on a free port; stopped at the end."""
    with StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
