"""Lists ranked ahead: of the snapshot that is served, and as many as fit."""

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest

from models.publish import open_current
from models.related import about_rows
from models.snapshot import Snapshot
from service import ahead
from service.ahead import RankedAhead
from service.ranking import rank
from service.schemas import Options
from service.view import View
from tests.conftest import RECORDS, Builder

K1 = Options(k=1, recency_half_life_days=0)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "BLOCK", 2)


def count_blocks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which the number of rows of each block that is ranked is added."""
    counted: list[int] = []
    ranked = ahead.rank_stored

    def count(snapshot: Snapshot, rows: Any, options: Options) -> Any:
        counted.append(len(rows))
        return ranked(snapshot, rows, options)

    monkeypatch.setattr(ahead, "rank_stored", count)
    return counted


def test_a_block_is_ranked_once_for_each_query(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, lists, count = count_blocks(monkeypatch), RankedAhead(10_000), snapshot.manifest.count
    for _turn in range(2):
        for row in range(count):
            assert lists.ranked(View(snapshot), row, "k=1", K1) == rank(View(snapshot), about_rows(snapshot, [row]), K1)
    assert sum(counted) == count
    lists.ranked(View(snapshot), 0, "k=1&language=same", K1)
    assert sum(counted) == count + 2


def test_another_snapshot_has_other_lists(
    snapshot: Snapshot, build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, lists = count_blocks(monkeypatch), RankedAhead(10_000)
    lists.ranked(View(snapshot), 0, "", K1)
    build_records([{"id": "1", "title": "sea", "language": "en"}, {"id": "2", "title": "sea rain", "language": "en"}])
    other = lists.ranked(View(open_current(home)), 0, "", K1)
    assert other is not None
    assert other.rows == [1]
    assert len(counted) == 2


def test_when_it_is_full_now_and_then_an_old_block_makes_room(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, lists = count_blocks(monkeypatch), RankedAhead(2_000)
    kept = [lists.ranked(View(snapshot), row, "", K1) is not None for row in (0, 2, 0, 0, 0, 2, 2)]
    assert kept == [True, True, False, True, True, False, True]
    assert len(counted) == 4


def test_long_query_strings_count(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, lists = count_blocks(monkeypatch), RankedAhead(5_000)
    for _turn in range(2):
        lists.ranked(View(snapshot), 0, f"category={'a' * 5_000}", Options(category="a"))
    assert lists.ranked(View(snapshot), 0, "", K1) is not None
    assert len(counted) == 2


def test_without_memory_each_list_is_ranked_by_itself(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = count_blocks(monkeypatch)
    assert RankedAhead(0).ranked(View(snapshot), 0, "", K1) is None
    assert not counted


def test_a_snapshot_that_is_not_served_any_more_is_let_go(build_records: Builder, home: Path) -> None:
    build_records()
    before, lists = open_current(home), RankedAhead(10_000)
    lists.ranked(View(before), 0, "", K1)
    gone = weakref.ref(before)
    del before
    build_records(RECORDS[:3])
    lists.ranked(View(open_current(home), hidden=frozenset([1])), 0, "", K1)
    gc.collect()
    assert gone() is None


def test_what_a_stored_pool_cannot_tell_is_ranked_by_itself(snapshot: Snapshot) -> None:
    lists = RankedAhead(10_000)
    assert lists.ranked(View(snapshot), 0, "k=50", Options(k=50)) is None
    assert lists.ranked(View(snapshot), 0, "diversity=1", Options(k=1, diversity=1)) is None
    assert lists.ranked(View(snapshot), 0, "exclude=2", Options(k=1, exclude=["2"])) is None
    assert lists.ranked(View(snapshot, hidden=frozenset([1])), 0, "", K1) is None
