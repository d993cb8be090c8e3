"""Which implementation of the embedder builds with: whichever is faster here, measured once.

sentence-transformers on torch and ONNX Runtime give the same vectors: a test holds them together. On two AVX-512
cores ONNX Runtime embedded 50 articles a second and torch 30; elsewhere it may be the other way round. What was
measured stays in ``weights/<model>.speed.json``, so that later builds start without importing torch.
"""

import json
import logging
import os
import time

from models import durable
from models.embedder import Embedder, OnnxEmbedder, SentenceTransformersEmbedder
from models.weights import Weights

log = logging.getLogger(__name__)

_SAMPLE = ["word " * 200] * 32
"""One full batch at any token limit up to 200."""


def fastest(weights: Weights, max_tokens: int) -> Embedder:
    """Return the faster embedder on this machine, after measuring if that was not done before."""
    cores = os.cpu_count() or 1
    path = weights.folder.parent / f"{weights.folder.name}.speed.json"
    here = {"cores": cores, "max_tokens": max_tokens}
    measured = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    candidates: dict[str, Embedder] = {
        "onnx": OnnxEmbedder(weights, max_tokens, cores),
        "torch": SentenceTransformersEmbedder(weights, max_tokens),
    }
    if {name: measured.get(name) for name in here} != here:
        measured = {**here, **{name: _texts_per_second(embedder) for name, embedder in candidates.items()}}
        durable.write_text(path, json.dumps(measured, indent=1))
        log.info("texts embedded per second: %s", {name: measured[name] for name in candidates})
    return max(candidates.items(), key=lambda candidate: float(measured[candidate[0]]))[1]


def _texts_per_second(embedder: Embedder) -> float:
    embedder.embed(_SAMPLE[:4])
    started = time.perf_counter()
    embedder.embed(_SAMPLE)
    return round(len(_SAMPLE) / (time.perf_counter() - started), 1)
