import errno
import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from indexer import build_report
from indexer.build import AlreadyBuildingError, BuildError, build, plan
from indexer.build_report import write_metrics
from indexer.checkpoint import Checkpoint
from models.embedder import Vectors
from models.live import LiveChanges
from models.publish import current_name, open_current
from tests.conftest import RECORDS, Builder, silent, write_jsonl
from tests.fakes import FakeEmbedder


def test_a_build_reports_what_it_did(build_records: Builder, home: Path) -> None:
    report = build_records([*RECORDS, {"id": "6"}])
    assert (report.count, report.read, report.embedded, report.reused) == (5, 6, 5, 0)
    assert report.rejected == {"title, text: both empty": 1}
    assert report.recall_at_10 == 1.0
    assert set(report.seconds) == {"read", "embed", "space", "index", "neighbours", "write"}
    assert json.loads((home / "reports" / f"{report.snapshot}.json").read_text()) == report.model_dump(mode="json")
    assert "5 articles (5 embedded, 0 reused, 0 deleted, 1 rejected)" in report.summary()


def test_only_what_changed_is_embedded_again(build_records: Builder, home: Path) -> None:
    build_records()
    before = open_current(home)
    embedder = FakeEmbedder()
    changed = [{**RECORDS[0], "text": "rain"}, *RECORDS[1:3], {"id": "0", "title": "rain", "language": "en"}]
    report = build_records(changed, embedder)
    assert sorted(embedder.embedded) == ["rain", "sea sea\nrain"]
    assert (report.embedded, report.reused) == (2, 2)
    after = open_current(home)
    assert [card.id for card in after.cards.all()] == ["0", "1", "2", "3"]
    assert (after.vectors[2] == before.vectors[1]).all()


def test_another_embedder_reuses_nothing(build_records: Builder) -> None:
    build_records()
    assert build_records(embedder=FakeEmbedder(revision="2")).reused == 0


def test_a_damaged_snapshot_is_no_reason_not_to_build(build_records: Builder, home: Path) -> None:
    (home / "snapshots" / build_records().snapshot / "vectors.npy").write_bytes(b"")
    report = build_records()
    assert report.reused == 0
    assert current_name(home) == report.snapshot


def test_no_article_is_no_build(build_records: Builder, home: Path) -> None:
    name = build_records().snapshot
    with pytest.raises(BuildError, match=r"no article to index \(read: 1; 1 x title, text: both empty, e.g. 1\)$"):
        build_records([{"id": "1"}])
    with pytest.raises(BuildError, match=r"no article to index \(read: 0\)$"):
        build_records([])
    assert current_name(home) == name


def test_what_cannot_be_written_after_publishing_is_no_reason_to_say_that_nothing_was_published(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_arguments: object) -> None:
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    def full_too(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LiveChanges, "catch_up", full)
    monkeypatch.setattr(build_report, "save", full_too)
    report = build_records()
    assert current_name(home) == report.snapshot
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [warning.startswith(f"{report.snapshot} is published, but") for warning in warnings] == [True, True]


def test_damaged_live_changes_are_one_line(build_records: Builder, home: Path) -> None:
    home.mkdir()
    (home / "live.sqlite").write_bytes(b"no database" * 1_000)
    with pytest.raises(BuildError, match=r"live\.sqlite cannot be read: file is not a database"):
        build_records()


def test_two_builds_on_one_home_do_not_mix(build_records: Builder, home: Path) -> None:
    home.mkdir()
    with FileLock(home / "build.lock"), pytest.raises(AlreadyBuildingError, match="another build is running"):
        build_records()


def test_the_oldest_snapshots_go(build_records: Builder, home: Path) -> None:
    built = [build_records().snapshot for _ in range(5)]
    assert sorted(path.name for path in (home / "snapshots").glob("2*")) == sorted(built[2:])


def test_a_full_build_embeds_everything_anew(home: Path, tmp_path: Path, build_records: Builder) -> None:
    build_records()
    report = build(home, str(tmp_path / "articles.jsonl"), FakeEmbedder(), silent, full=True)
    assert (report.embedded, report.reused) == (5, 0)


def test_a_plan_says_what_would_change_and_changes_nothing(home: Path, tmp_path: Path, build_records: Builder) -> None:
    name = build_records().snapshot
    source = write_jsonl(tmp_path / "new.jsonl", [*RECORDS[1:], {"id": "9", "title": "new"}, {"id": "10"}])
    before = sorted(home.rglob("*"))
    planned = plan(home, str(source), FakeEmbedder().spec)
    assert planned.summary() == f"{source}: 5 articles (1 to embed, 4 unchanged, 1 to delete, 1 rejected)"
    assert sorted(home.rglob("*")) == before
    assert current_name(home) == name


class Interrupted(Exception):  # noqa: N818 - it is no error of ours
    pass


class TiredEmbedder(FakeEmbedder):
    """Gives up after some calls, as a killed process does."""

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
        if self.embedded:
            raise Interrupted
        return super().embed(texts, progress)


def test_an_interrupted_build_goes_on_where_it_was(build_records: Builder, home: Path) -> None:
    records = [{"id": str(n), "title": f"sea {n}", "language": "en"} for n in range(600)]
    with pytest.raises(Interrupted):
        build_records(records, TiredEmbedder())
    damaged = home / "checkpoint" / "any" / "000000.npz"
    damaged.parent.mkdir()
    damaged.write_bytes(b"damaged")
    embedder = FakeEmbedder()
    report = build_records(records, embedder)
    assert len(embedder.embedded) == 600 - 512
    assert report.count == 600
    assert not (home / "checkpoint").exists()


def test_a_damaged_part_of_a_checkpoint_costs_only_itself(home: Path) -> None:
    checkpoint, vectors = Checkpoint(home, FakeEmbedder().spec), np.ones((1, 5), np.float32)
    for content_hash in "abc":
        checkpoint.add([content_hash], vectors)
    min((home / "checkpoint").rglob("*.npz")).write_bytes(b"damaged")
    assert set(checkpoint.load()) == set("bc")
    for content_hash in "de":
        checkpoint.add([content_hash], vectors)
    assert set(checkpoint.load()) == set("bcde")


def test_the_checkpoint_of_another_embedder_is_of_no_use(build_records: Builder) -> None:
    records = [{"id": str(n), "title": f"sea {n}", "language": "en"} for n in range(600)]
    with pytest.raises(Interrupted):
        build_records(records, TiredEmbedder())
    embedder = FakeEmbedder(revision="2")
    build_records(records, embedder)
    assert len(embedder.embedded) == 600


def test_gauges_for_prometheus(build_records: Builder, tmp_path: Path) -> None:
    write_metrics(tmp_path / "silah.prom", build_records())
    lines = (tmp_path / "silah.prom").read_text().splitlines()
    assert "silah_build_articles 5" in lines
    assert any(line.startswith('silah_build_seconds{stage="embed"} ') for line in lines)
    assert all(
        re.fullmatch(r"# TYPE [a-z0-9_]+ gauge|[a-z0-9_]+({[a-z]+=\"\w+\"})? [0-9.e+-]+", line) for line in lines
    )
