import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from indexer.build import build
from indexer.build_report import BuildReport
from models import weights
from models.embedder import SentenceTransformersEmbedder
from models.publish import open_current
from models.snapshot import Snapshot
from models.weights import Weights
from tests.fakes import FakeEmbedder

# A busy machine is no error: no test may depend on how long an example takes, nor on how long it takes to think of one.
# A test that names checks to suppress has those alone: what any test needs stands here.
settings.register_profile(
    "patient",
    settings.get_profile("ci" if os.environ.get("CI") else "default"),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("patient")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
RECORDS = [
    {"id": "1", "title": "sea sea", "text": "sea", "language": "en"},
    {"id": "2", "title": "sea", "text": "sea rain", "language": "en"},
    {"id": "3", "title": "school", "text": "school", "language": "fr"},
    {"id": "4", "title": "school", "text": "school sea", "language": "fr"},
    {"id": "5", "title": "football", "text": "rain", "language": "es"},
]

Builder = Callable[..., BuildReport]


def write_jsonl(path: Path, records: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def build_records(tmp_path: Path) -> Builder:
    """Build and publish a snapshot of records below ``tmp_path / "home"``."""

    def build_them(records: Iterable[object] = RECORDS, embedder: FakeEmbedder | None = None) -> BuildReport:
        source = write_jsonl(tmp_path / "articles.jsonl", records)
        return build(tmp_path / "home", str(source), embedder or FakeEmbedder(), silent)

    return build_them


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def snapshot(build_records: Builder, home: Path) -> Snapshot:
    build_records()
    return open_current(home)


@pytest.fixture(scope="session")
def model_home() -> Path:
    """A home whose default model is prepared; shared with ``make run``, so that it is prepared once."""
    return ROOT / "var"


@pytest.fixture(scope="session")
def default_weights(model_home: Path) -> Weights:
    return weights.prepare(model_home)


def silent(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


@pytest.fixture(scope="session")
def example_home(tmp_path_factory: pytest.TempPathFactory, default_weights: Weights) -> Path:
    """A home with the example corpus, built with the real model. Not to be changed."""
    home = tmp_path_factory.mktemp("example")
    (home / "weights").symlink_to(default_weights.folder.parent)
    build(home, str(ROOT / "examples" / "articles.jsonl"), SentenceTransformersEmbedder(default_weights), silent)
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the evaluation data and fixtures are not on this machine")
    return SHARED
