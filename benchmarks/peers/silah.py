"""Silah itself: a request for a known id, over HTTP."""

import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks.peers.peer import Ask, K, running

DATA = "snapshots"
# Only what the others do as well: no collapsing of copies, no weight for age.
_OPTIONS = f"k={K}&near_duplicates=show&recency_half_life_days=0"


@contextmanager
def server(folder: Path, port: int) -> Iterator[int]:
    """Start ``silah-serve`` as it comes (granian, two workers), without text queries."""
    command = [sys.executable, "-m", "service", "--home", str(folder), "--port", str(port)]
    with running(command, port, folder / "server.log", {"SILAH_TEXT_QUERIES": "false"}) as pid:
        yield pid


def connect(port: int) -> Ask:
    """Keep one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(article_id: str, same_language: bool) -> list[str]:  # noqa: FBT001 - see Ask
        language = "same" if same_language else "any"
        connection.request("GET", f"/v1/articles/{quote(article_id)}/related?{_OPTIONS}&language={language}")
        return [related["id"] for related in json.load(connection.getresponse())["related"]]

    return ask


def version(_port: int) -> str:
    """Return the installed version."""
    from importlib.metadata import version as installed  # noqa: PLC0415

    return f"Silah {installed('silah')}"
