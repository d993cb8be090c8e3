"""A news site on this machine: its pages, and a service that answers what a test wants, as badly as it wants."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WIDGET = Path(__file__).parents[2] / "service" / "static" / "widget.js"
PIXEL = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 10"><rect width="16" height="10" fill="teal"/></svg>'
STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'"
"""A content security policy that allows what docs/widget.md says the widget needs, and nothing else."""


@dataclass
class Asked:
    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """What is served, and what was asked and told."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    answer: Any = None
    body: bytes | None = None
    status: int = 200
    delay: float = 0
    answers: threading.Event = field(default_factory=threading.Event)
    """While it is cleared, whoever asks waits."""
    asked: list[Asked] = field(default_factory=list)
    told: list[Asked] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def page(self, content: str, *, language: str = "fr", head: str = "", script: str = "/widget.js") -> str:
        """Serve a page with `content` in its body; return its address."""
        path = f"/page/{len(self.pages)}"
        direction = "rtl" if language.startswith("ar") else "ltr"
        self.pages[path] = (
            f'<!doctype html><html lang="{language}" dir="{direction}"><meta charset="utf-8"><title>Une page</title>'
            f'<meta name="viewport" content="width=device-width">{head}<script src="{script}" defer></script>'
            f"<body>{content}"
        )
        return f"{self.url}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/v1/"):
            self.site.asked.append(Asked(self.path, dict(self.headers)))
            time.sleep(self.site.delay)
            self.site.answers.wait()
            body = self.site.body or json.dumps(self.site.answer).encode()
            self._respond(self.site.status, "application/json", body)
        elif path == "/widget.js":
            self._respond(200, "text/javascript", WIDGET.read_bytes())
        elif path.startswith("/picture/"):
            self._respond(200, "image/svg+xml", PIXEL.encode())
        else:
            self._respond(200 if path in self.site.pages else 404, "text/html", self.site.pages.get(path, "").encode())

    def do_POST(self) -> None:
        self.site.told.append(Asked(self.path, dict(self.headers)))
        self.site.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._respond(204, "text/plain", b"")

    def _respond(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        if self.site.policy:
            self.send_header("Content-Security-Policy", self.site.policy)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the page may be gone by now
            self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Keep the test's output clean."""


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """Yield a site on a free port."""
    site = Site()
    site.answers.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        site.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()
