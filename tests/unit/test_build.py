import json
from pathlib import Path

import pytest
from filelock import FileLock

from indexer.build import BuildError
from models.publish import current_name, open_current
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder


def test_a_build_reports_what_it_did(build_records: Builder, home: Path) -> None:
    report = build_records([*RECORDS, {"id": "6"}])
    assert (report.count, report.read, report.embedded, report.reused) == (5, 6, 5, 0)
    assert report.rejected == {"title, text: both empty": 1}
    assert report.recall_at_10 == 1.0
    assert set(report.seconds) == {"read", "embed", "space", "neighbours", "write"}
    assert json.loads((home / "reports" / f"{report.snapshot}.json").read_text()) == report.model_dump()
    assert "5 articles (5 embedded, 0 reused, 1 rejected)" in report.summary()


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
    with pytest.raises(BuildError, match=r"no article to index \(1 records rejected: .*both empty"):
        build_records([{"id": "1"}])
    assert current_name(home) == name


def test_two_builds_on_one_home_do_not_mix(build_records: Builder, home: Path) -> None:
    home.mkdir()
    with FileLock(home / "build.lock"), pytest.raises(BuildError, match="another build is running"):
        build_records()


def test_the_oldest_snapshots_go(build_records: Builder, home: Path) -> None:
    built = [build_records().snapshot for _ in range(5)]
    assert sorted(path.name for path in (home / "snapshots").glob("2*")) == sorted(built[2:])
