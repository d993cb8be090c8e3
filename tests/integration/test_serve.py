"""The service as it runs: a real server, real workers, the real model."""

import shutil
import threading
from pathlib import Path

from indexer.build import build
from models import publish
from models.embedder import SentenceTransformersEmbedder
from models.weights import Weights
from tests.conftest import ROOT, silent
from tests.integration.servers import PATIENCE, Server, running, wait_until

QUERIES = {
    "ar": "محطة تحلية مياه البحر والجفاف",
    "fr": "usine de dessalement et sécheresse",
    "en": "seawater desalination plant and drought",
}

DESALINATION = {"1001", "1004", "1019", "1084", "1085", "1086", "1087"}


def mapped_files(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_ids_need_no_model_and_texts_no_torch(example_home: Path) -> None:
    with running(example_home) as server:
        for article_id in range(1001, 1121):
            answer = server.get(f"/v1/articles/{article_id}/related?k=5")
            assert answer.status == 200
            assert len(answer.body["related"]) == 5
        wait_until(lambda: len(server.worker_pids()) == 2)
        pids = server.worker_pids()
        for pid in pids:
            # Whoever answered first may have a sibling that is still starting.
            wait_until(lambda pid=pid: str(example_home / "snapshots") in mapped_files(pid))  # mapped, not read
            assert "onnxruntime" not in mapped_files(pid)
        for query in QUERIES.values():
            answer = server.post("/v1/related", {"text": query, "k": 5})
            assert answer.status == 200
            assert DESALINATION & {related["id"] for related in answer.body["related"]}
        assert any("onnxruntime" in mapped_files(pid) for pid in pids)
        for pid in pids:
            assert "libtorch" not in mapped_files(pid)


def test_a_new_snapshot_is_taken_up_and_a_damaged_one_refused_without_a_failed_request(
    example_home: Path, default_weights: Weights, tmp_path: Path
) -> None:
    whole = ROOT / "examples" / "articles.jsonl"
    part = tmp_path / "part.jsonl"
    part.write_text("".join(whole.read_text(encoding="utf-8").splitlines(keepends=True)[:60]), encoding="utf-8")
    embedder = SentenceTransformersEmbedder(default_weights)
    home = tmp_path / "home"
    shutil.copytree(example_home, home, symlinks=True)
    with running(home) as server:
        asking = Asking(server)
        asking.start()
        for source in (part, whole, part):
            name = build(home, str(source), embedder, silent).snapshot
            wait_until(lambda name=name: set(asking.snapshots[-20:]) == {name})
        damaged = publish.snapshots_folder(home) / "20260101T000000Z-00000000"
        shutil.copytree(publish.snapshots_folder(home) / name, damaged)
        publish.publish(home, damaged.name)
        wait_until(lambda: server.get("/readyz").body["problem"])
        asking.stop()
    assert asking.statuses == {200}
    assert asking.snapshots[-1] == name


class Asking(threading.Thread):
    """Asks one question over and over, and remembers what came back."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.statuses: set[int] = set()
        self.snapshots: list[str] = []
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            answer = self.server.get("/v1/articles/1001/related?k=3")
            self.statuses.add(answer.status)
            self.snapshots.append(answer.body.get("snapshot", ""))

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def test_what_cannot_be_served_is_503_in_one_line(tmp_path: Path) -> None:
    with running(tmp_path, workers=1) as server:
        answer = server.get("/v1/articles/1/related")
        assert answer.status == 503
        assert "CURRENT is missing" in answer.body["detail"]
        assert server.get("/readyz").status == 503
        publish.snapshots_folder(tmp_path).mkdir(exist_ok=True)
        publish.publish(tmp_path, "20260101T000000Z-00000000")
        wait_until(lambda: "manifest.json is missing" in server.get("/v1/snapshot").body["detail"])


def test_a_server_that_is_told_to_stop_while_it_starts_leaves_nothing_behind(example_home: Path) -> None:
    with running(example_home, workers=4) as server:
        # Whoever answered first has siblings that are still opening the snapshot.
        workers = server.worker_pids()
        server.process.terminate()
        server.process.wait(PATIENCE)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
