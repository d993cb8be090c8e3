"""Live changes over several real workers, interleaved with questions."""

import concurrent.futures
import http.client
import itertools
import json
import os
import random
import signal
import threading
import urllib.request
from pathlib import Path
from typing import Self

import pytest

from models.live import LiveChanges
from models.weights import Weights
from tests.integration.servers import POLL_SECONDS, Answer, Server, ask, running, wait_until

OPERATIONS = 1_000
TOKEN = "throwaway"  # noqa: S105 - of a server that lives for one test
LOOKS = 30
"""A change is shown everywhere by the time that a process which looks as often as a worker has looked as many times.

On an idle machine it takes one look, and thirty take three seconds; on a busy one they take as long as it is busy.
"""
STORIES = ("port extension", "school transport", "football promotion", "desalination plant", "olive harvest")


def send(server: Server, method: str, article_id: str, body: object = None) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    url = f"{server.url}/v1/articles/{article_id}"
    return ask(urllib.request.Request(url, data, headers, method=method))


class Witness(threading.Thread):
    """Looks for changes at the pace of a worker, and counts: a clock that is slow when the machine is."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self.looks = 0
        self._changes = LiveChanges(home)
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            self._changes.last_number()
            self.looks += 1

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._stopped.set()
        self.join()


class Editor:
    """Puts, deletes and asks about articles of its own, and checks every answer against what was acknowledged."""

    def __init__(self, server: Server, witness: Witness, number: int) -> None:
        self.server = server
        self.witness = witness
        self.chance = random.Random(number)  # noqa: S311 - the same operations each time
        self.names = [f"editor{number}-{place}" for place in range(8)]
        self.acknowledged: dict[str, tuple[bool, int]] = {}

    def work(self, operations: int) -> None:
        for _ in range(operations):
            name = self.chance.choice(self.names)
            kind = self.chance.choice(["put", "delete", "get", "get"])
            if kind == "put":
                self.put(name)
            elif kind == "delete":
                self.delete(name)
            else:
                self.check(name)

    def put(self, name: str) -> None:
        body = {"title": f"{self.chance.choice(STORIES)} {name}", "language": "en"}
        assert send(self.server, "PUT", name, body).status == 200
        self.acknowledged[name] = (True, self.witness.looks)

    def delete(self, name: str) -> None:
        assert send(self.server, "DELETE", name).status == 200
        self.acknowledged[name] = (False, self.witness.looks)

    def settle(self) -> None:
        """Wait until all that was acknowledged must be shown everywhere."""
        last = self.witness.looks
        wait_until(lambda: self.witness.looks - last > LOOKS)

    def check(self, name: str) -> None:
        asked = self.witness.looks
        own = self.server.get(f"/v1/articles/{name}")
        listed = self.server.get("/v1/articles/1086/related?k=50&near_duplicates=show&recency_half_life_days=0")
        assert own.status in {200, 404}
        assert listed.status == 200
        shown = {related["id"] for related in listed.body["related"]}
        for other, (exists, since) in self.acknowledged.items():
            if asked - since > LOOKS and not exists:
                assert other not in shown
        exists, since = self.acknowledged.get(name, (False, -LOOKS - 1))
        if asked - since > LOOKS:
            assert own.status == (200 if exists else 404)


def test_a_thousand_interleaved_changes_and_questions(
    example_home: Path, default_weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILAH_TOKEN", TOKEN)
    (tmp_path / "weights").symlink_to(default_weights.folder.parent)
    (tmp_path / "snapshots").symlink_to(example_home / "snapshots")
    with running(tmp_path, workers=4) as server, Witness(tmp_path) as witness:
        editors = [Editor(server, witness, number) for number in range(4)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(editor.work, OPERATIONS // 4) for editor in editors]:
                done.result()
        editors[0].settle()
        for editor in editors:
            for name in editor.names:
                editor.check(name)
        for place, editor in enumerate(editors):  # one worker is told, and every worker shows it
            editor.delete("last") if place % 2 else editor.put("last")
            editor.settle()
            for _ in range(20):
                editor.check("last")


def test_what_was_acknowledged_survives_the_kill_of_every_worker(
    example_home: Path, default_weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILAH_TOKEN", TOKEN)
    (tmp_path / "weights").symlink_to(default_weights.folder.parent)
    (tmp_path / "snapshots").symlink_to(example_home / "snapshots")
    acknowledged: list[str] = []
    with running(tmp_path, workers=2) as server:
        writer = threading.Thread(target=write_until_killed, args=(server, acknowledged))
        writer.start()
        wait_until(lambda: len(acknowledged) > 20)
        assert send(server, "DELETE", "1085").status == 200
        for pid in [server.process.pid, *server.worker_pids()]:
            os.kill(pid, signal.SIGKILL)
        writer.join()
    with running(tmp_path, workers=2) as server:
        for name in acknowledged:
            assert server.get(f"/v1/articles/{name}").status == 200
        assert server.get("/v1/articles/1085").status == 404


def write_until_killed(server: Server, acknowledged: list[str]) -> None:
    for number in itertools.count():
        try:
            answer = send(server, "PUT", f"new{number}", {"title": f"desalination plant {number}", "language": "en"})
        except (OSError, http.client.HTTPException):
            return
        assert answer.status == 200
        acknowledged.append(f"new{number}")
