import errno
import threading
from pathlib import Path

import pytest

from models import snapshot as snapshots
from models.embedder import Vectors
from models.live import LiveChanges
from models.publish import publish
from models.weights import WeightsError
from service import serving as serving_module
from service.app import create_app
from service.serving import NotServingError, Serving
from service.settings import Settings
from tests.conftest import RECORDS, Builder
from tests.fakes import FakeEmbedder, article


@pytest.fixture
def serving(home: Path, monkeypatch: pytest.MonkeyPatch) -> Serving:
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: FakeEmbedder())
    return Serving(Settings(home=home))


def test_a_new_snapshot_is_taken_up_and_a_held_one_stays_usable(build_records: Builder, serving: Serving) -> None:
    with pytest.raises(NotServingError):
        serving.now()
    first = build_records().snapshot
    serving.refresh()
    held = serving.now()
    second = build_records(RECORDS[:2]).snapshot
    serving.refresh()
    assert (held.view.snapshot.name, serving.now().view.snapshot.name) == (first, second)
    assert len(held.view.snapshot.cards.at([0, 1, 2, 3, 4])) == 5
    assert serving.now().embedder is held.embedder, "the same model is not loaded twice"


@pytest.mark.parametrize("name", ["vectors.npy", "directions.npy", "cards.jsonl", "manifest.json"])
def test_a_damaged_snapshot_is_refused_and_the_old_one_kept(
    build_records: Builder, serving: Serving, home: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    good = build_records().snapshot
    serving.refresh()
    bad = build_records(RECORDS[:2]).snapshot
    (home / "snapshots" / bad / name).write_bytes(b"damaged")
    for _ in range(3):
        serving.refresh()
    assert serving.now().view.snapshot.name == good
    assert serving.problem is not None
    assert name in serving.problem
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [serving.problem]


def test_a_current_that_goes_missing_or_points_nowhere_changes_nothing(
    build_records: Builder, serving: Serving, home: Path
) -> None:
    name = build_records().snapshot
    serving.refresh()
    publish(home, "20260101T000000Z-00000000")
    serving.refresh()
    assert "manifest.json is missing" in str(serving.problem)
    (home / "snapshots" / "CURRENT").unlink()
    serving.refresh()
    assert "CURRENT is missing" in str(serving.problem)
    assert serving.now().view.snapshot.name == name
    publish(home, name)
    serving.refresh()
    assert serving.problem is None


def test_a_snapshot_of_a_model_that_is_not_prepared_is_refused(build_records: Builder, home: Path) -> None:
    build_records()
    serving = Serving(Settings(home=home))
    serving.refresh()
    with pytest.raises(NotServingError, match=r"was made with the model fake .* which is not prepared"):
        serving.now()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "[Errno 24] Too many open files"),
        (RuntimeError("could not open index.faiss for reading"), "could not open index.faiss for reading"),  # of FAISS
    ],
)
def test_a_snapshot_whose_files_cannot_be_opened_is_refused_until_they_can(
    build_records: Builder, serving: Serving, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def too_many(_folder: Path) -> None:
        raise error

    first = build_records().snapshot
    serving.refresh()
    second = build_records(RECORDS[:2]).snapshot
    with monkeypatch.context() as busy:
        busy.setattr(snapshots, "Cards", too_many)
        serving.refresh()
    assert serving.now().view.snapshot.name == first
    assert f"{second} cannot be read: {reason}" in str(serving.problem)
    serving.refresh()
    assert serving.now().view.snapshot.name == second
    assert serving.problem is None


def test_live_changes_that_cannot_be_embedded_keep_no_snapshot_from_being_served(
    build_records: Builder, serving: Serving, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Damaged(FakeEmbedder):
        def embed(self, *_given: object) -> Vectors:
            message = "model.onnx is missing or damaged"
            raise WeightsError(message)

    build_records()
    serving.refresh()
    other = build_records(embedder=FakeEmbedder(revision="2")).snapshot
    (vector,) = FakeEmbedder().embed(["sea"])
    LiveChanges(home).put(article("new", "sea"), vector, FakeEmbedder().spec)
    monkeypatch.setattr(serving_module, "_onnx_embedder", lambda *_args: Damaged(revision="2"))
    serving.refresh()
    assert serving.now().view.snapshot.name == other
    assert serving.problem == "live changes cannot be embedded: model.onnx is missing or damaged"


def test_no_thread_of_a_service_outlives_its_test(build_records: Builder, home: Path) -> None:
    build_records()
    before = set(threading.enumerate())  # services that tests of other folders run
    create_app(Settings(home=home, text_queries=False, events=True))
    begun = set(threading.enumerate()) - before
    for thread in begun:
        thread.join(5)
    assert not any(thread.is_alive() for thread in begun)
