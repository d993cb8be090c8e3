from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from models import publish, snapshot
from models.manifest import SnapshotError
from tests.conftest import Builder


def test_publish_roll_back_and_prune(build_records: Builder, home: Path) -> None:
    first, second, third = (build_records().snapshot for _ in range(3))
    assert publish.names(home) == [third, second, first]
    assert publish.current_name(home) == third
    assert publish.roll_back(home) == second
    assert publish.roll_back(home) == first
    with pytest.raises(SnapshotError, match="no snapshot older"):
        publish.roll_back(home)
    assert publish.prune(home, keep=1) == [second]
    assert publish.names(home) == [third, first]
    assert publish.roll_back(home, third) == third


def test_snapshots_of_a_clock_that_was_ahead_are_the_oldest(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Ahead":
            return super().now(tz) + timedelta(days=400)

    with monkeypatch.context() as wrong:
        wrong.setattr(snapshot, "datetime", Ahead)
        ahead = build_records().snapshot
    first, second, third = (build_records().snapshot for _ in range(3))
    assert ahead > third
    assert publish.names(home) == [third, second, first]
    assert publish.roll_back(home) == second


def test_rolling_back_to_a_damaged_snapshot_changes_nothing(build_records: Builder, home: Path) -> None:
    first, second = (build_records().snapshot for _ in range(2))
    (publish.snapshots_folder(home) / first / "vectors.npy").write_bytes(b"")
    with pytest.raises(SnapshotError, match=r"vectors\.npy is damaged"):
        publish.roll_back(home)
    assert publish.current_name(home) == second


@pytest.mark.parametrize("content", ["", "../../etc", ".tmp-x", "\n"])
def test_a_senseless_current_is_refused(home: Path, content: str) -> None:
    publish.snapshots_folder(home).mkdir(parents=True)
    (publish.snapshots_folder(home) / "CURRENT").write_text(content)
    with pytest.raises(SnapshotError, match="CURRENT does not hold"):
        publish.open_current(home)


def test_without_current_the_message_says_what_to_do(home: Path) -> None:
    with pytest.raises(SnapshotError, match="silah-index build"):
        publish.open_current(home)
