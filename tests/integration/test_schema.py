"""The API does what its OpenAPI document says, whatever it is sent: schemathesis, all phases, on a real server."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.weights import Weights
from tests.integration.servers import PATIENCE, running

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_schemathesis_finds_nothing(
    example_home: Path, default_weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SILAH_TOKEN", "throwaway")
    (tmp_path / "weights").symlink_to(default_weights.folder.parent)
    (tmp_path / "snapshots").symlink_to(example_home / "snapshots")
    with running(tmp_path, workers=1) as server:
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json"]
        options = [
            "--checks",
            CHECKS,
            "--max-examples",
            "20",
            "--request-timeout",
            str(PATIENCE),
            "-H",
            "Authorization: Bearer throwaway",
            "--no-color",
        ]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
