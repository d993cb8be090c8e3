import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service import cli


@pytest.fixture
def started(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Yield what servers were started with; none really is, and the environment is as before at the end."""
    servers: list[dict[str, Any]] = []

    class Recorder:
        def __init__(self, _target: str, **how: object) -> None:
            servers.append(how)

        def serve(self) -> None:
            pass

    before = dict(os.environ)
    monkeypatch.setattr(cli, "Server", Recorder)
    monkeypatch.setenv("SILAH_HOME", str(home))
    yield servers
    os.environ.clear()
    os.environ.update(before)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr("sys.argv", ["silah-serve", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code


def test_wrong_settings_are_one_line_that_names_them(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILAH_DEFAULT_K", "500")
    monkeypatch.setenv("SILAH_HOST", "")
    message = run(monkeypatch, "--workers", "0")
    assert isinstance(message, str)
    assert message.startswith("error: SILAH_")
    assert "\n" not in message
    assert all(name in message for name in ("SILAH_DEFAULT_K: ", "SILAH_HOST: ", "SILAH_WORKERS: "))
    assert not started


def test_a_port_that_another_server_shares_is_refused(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run(monkeypatch, "--port", str(port)) == (
            f"error: 127.0.0.1, port {port}, cannot be listened on: Address already in use"
        )
    assert not started
    assert run(monkeypatch, "--port", str(port)) == 0


def test_a_host_may_be_a_name(started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert run(monkeypatch, "--host", "localhost", "--port", str(port)) == 0
    assert started[0]["address"] == "127.0.0.1"
    assert "cannot be listened on" in str(run(monkeypatch, "--host", "no.such.invalid", "--port", str(port)))
