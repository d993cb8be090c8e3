"""The OpenAPI document is good for what it is there for: its examples run, and clients can be generated from it."""

import importlib.util
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.weights import Weights
from tests.integration.servers import PATIENCE, Server, ask, running

TOKEN = "throwaway"  # noqa: S105 - of a server that lives for one test


@pytest.fixture
def server(example_home: Path, default_weights: Weights, tmp_path: Path) -> Iterator[Server]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "weights").symlink_to(default_weights.folder.parent)
    (home / "snapshots").symlink_to(example_home / "snapshots")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SILAH_TOKEN", TOKEN)
        environment.setenv("SILAH_EVENTS", "1")
        with running(home, workers=1) as started:
            yield started


def document_of(server: Server) -> dict[str, Any]:
    return dict(server.get("/openapi.json").body)


def examples(document: dict[str, Any]) -> Iterator[tuple[str, str, object, set[str]]]:
    """Yield method, path, body and documented successes of each example."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            named = {part["name"]: part["example"] for part in operation.get("parameters", []) if "example" in part}
            good = {status for status in operation["responses"] if status.startswith("2")}
            content = operation.get("requestBody", {}).get("content", {"": {"examples": {"none": {"value": None}}}})
            for media in content.values():
                for example in media["examples"].values():
                    yield method.upper(), path.format(**named), example["value"], good


def test_every_example_is_answered_as_documented(server: Server) -> None:
    sent = []
    # What is deleted can no longer be asked for.
    for method, path, body, good in sorted(examples(document_of(server)), key=lambda example: example[0] == "DELETE"):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{server.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            assert str(response.status) in good, (method, path)
        sent.append((method, path))
    assert ("PUT", "/v1/articles/1001/overrides") in sent
    assert sent.count(("POST", "/v1/related")) == 3
    assert len(sent) >= 18


def test_a_typed_client_can_be_generated(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Path(sys.executable).with_name("openapi-python-client")
    command = [str(program), "generate", "--url", f"{server.url}/openapi.json", "--meta", "none"]
    done = subprocess.run(
        [*command, "--output-path", str(tmp_path / "silah_client")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout, done.stdout
    monkeypatch.syspath_prepend(tmp_path)
    script = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
    (example,) = [block for block in script.split("```python\n")[1:] if "silah_client" in block]
    code = example.split("```")[0].replace("http://127.0.0.1:8080", server.url)
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert len(shown.stdout.splitlines()) == 3
    assert importlib.util.find_spec("silah_client") is not None
    assert ask(urllib.request.Request(f"{server.url}/healthz")).status == 200
