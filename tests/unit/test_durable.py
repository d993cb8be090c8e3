from pathlib import Path

import pytest

from models import durable


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with durable.temporary_folder(tmp_path, "x") as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("1")
        assert not (tmp_path / "x").exists()
        durable.settle(folder, tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x" / "inner" / "file").read_text() == "1"


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), durable.temporary_folder(tmp_path, "x") as folder:
        (folder / "missing" / "file").write_text("1")
    assert not list(tmp_path.iterdir())


def test_a_text_replaces_the_old_one(tmp_path: Path) -> None:
    for text in ("old", "new"):
        durable.write_text(tmp_path / "file", text)
    assert (tmp_path / "file").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_leftovers_go_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / ".tmp-a-1").mkdir()
    (tmp_path / ".tmp-b-1").write_text("")
    (tmp_path / "a").mkdir()
    durable.remove_leftovers(tmp_path, of="a")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-b-1", "a"]
    durable.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
