"""What the documentation says is so."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from models.weights import Weights
from service.settings import Settings
from tests.conftest import ROOT
from tests.integration.servers import running

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])


def shell_blocks(path: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    mentioned = {
        target for path in DOCUMENTS for words in re.findall(r"`?make ((?:\w+ ?)+)`?", path.read_text(encoding="utf-8"))
        for target in words.split()[:1] if path.name != "CHANGELOG.md"
    }  # fmt: skip
    assert {"run", "test", "check", "unit", "fix"} <= mentioned & targets


def test_the_readmes_commands_run(default_weights: Weights, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("missing program: curl")
    (tmp_path / "weights").symlink_to(default_weights.folder.parent)
    blocks = [block for block in shell_blocks(ROOT / "README.md") if not re.search("^make|mine.jsonl", block)]
    environment = {
        **os.environ,
        "SILAH_HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    ours = [block for block in blocks if "curl" not in block]
    assert len(ours) >= 2
    for block in ours:
        subprocess.run(["bash", "-euc", block], cwd=ROOT, env=environment, check=True, capture_output=True)
    with running(tmp_path, workers=1) as server:
        (curls,) = [block for block in blocks if "curl" in block]
        script = curls.replace("http://127.0.0.1:8080", server.url).replace("curl ", "curl --fail -sS ")
        answer = subprocess.run(["bash", "-euc", script], check=True, capture_output=True, text=True)
    assert answer.stdout.count('"related":[{"id"') == 2


def test_every_setting_is_documented_as_it_is() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `SILAH_")]
    assert rows == [
        f"| `SILAH_{name.upper()}` | `{field.default}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def test_every_dependency_says_why_it_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [
        *project["project"]["dependencies"],
        *[name for extra in project["project"]["optional-dependencies"].values() for name in extra],
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[<>=;\s\[]", requirement)[0] for requirement in declared}
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert _first_column(text) - {"package"} == names


def _first_column(text: str) -> set[str]:
    cells = re.findall(r"^\| ([\w, -]+) \| (?!-)", text, re.MULTILINE)
    return {name for cell in cells for name in cell.split(", ")}
