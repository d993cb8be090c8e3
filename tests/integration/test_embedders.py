"""The choice between the two implementations of the embedder."""

import json
from pathlib import Path

import pytest

from indexer import embedders
from models.embedder import OnnxEmbedder, SentenceTransformersEmbedder
from models.weights import Weights


@pytest.fixture
def weights(default_weights: Weights, tmp_path: Path) -> Weights:
    folder = tmp_path / default_weights.folder.name
    folder.symlink_to(default_weights.folder)
    files = default_weights.files
    sizes = (default_weights.dim, default_weights.prefix, default_weights.sha256)
    return Weights(folder, default_weights.name, default_weights.revision, *sizes, files)


def test_the_faster_one_is_chosen_and_measured_once(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = embedders.fastest(weights, 16)
    path = weights.folder.parent / f"{weights.folder.name}.speed.json"
    measured = json.loads(path.read_text())
    assert isinstance(chosen, OnnxEmbedder) == (measured["onnx"] >= measured["torch"])
    monkeypatch.setattr(embedders, "_texts_per_second", lambda _embedder: 1 / 0)
    path.write_text(json.dumps({**measured, "torch": 1.0, "onnx": 2.0}))
    assert isinstance(embedders.fastest(weights, 16), OnnxEmbedder)
    path.write_text(json.dumps({**measured, "torch": 2.0, "onnx": 1.0}))
    assert isinstance(embedders.fastest(weights, 16), SentenceTransformersEmbedder)
