"""Turn texts into unit vectors: with ONNX Runtime, or for builds, where that is faster, with sentence-transformers."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from models.weights import ONNX_FILE, TOKENIZER_FILE, Weights, verify

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

MAX_TOKENS = 128
"""Beside the whole-text terms, 128 tokens rank nearly as well as 256 at half of the cost (docs/relevance.md)."""

BATCH = 32
_CHARS_PER_TOKEN = 32
"""No token of an XLM-R vocabulary is longer than 16 characters: text beyond this cannot reach the encoder."""


class EmbedderSpec(BaseModel):
    """What decides the vectors: two embedders with equal specs give the same vectors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    revision: str
    sha256: str
    dim: int
    max_tokens: int
    prefix: str


class Embedder(Protocol):
    """Anything that embeds texts."""

    @property
    def spec(self) -> EmbedderSpec:
        """What decides the vectors."""

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = ...) -> Vectors:
        """Return (n, dim) float32 unit rows, row i for ``texts[i]``.

        `progress` is called with each count done, and may be called with 0 when the model begins to compute.
        """


class SentenceTransformersEmbedder:
    """Embeds with torch, on all cores: for builds."""

    def __init__(self, weights: Weights, max_tokens: int = MAX_TOKENS) -> None:
        self.spec = _spec(weights, max_tokens)
        self._weights = weights

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
        """See `Embedder.embed`."""
        vectors = np.empty((len(texts), self.spec.dim), np.float32)
        for rows in batches_by_length(texts):
            batch = [_shorten(texts[row], self.spec) for row in rows]
            vectors[rows] = self._encoder.encode(
                batch, batch_size=BATCH, prompt=self.spec.prefix, normalize_embeddings=True, show_progress_bar=False
            )
            progress(len(rows))
        return vectors

    @cached_property
    def _encoder(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - 10 s and 490 MB

        encoder = SentenceTransformer(str(self._weights.folder), device="cpu", local_files_only=True)
        encoder.max_seq_length = self.spec.max_tokens
        return encoder


class OnnxEmbedder:
    """Embeds with ONNX Runtime, without torch: for requests, and for builds where it is faster.

    The model is loaded at the first use. `threads` cores work on it (0: all). `spinning` while they wait for each
    other, they are as fast as can be and leave nothing to whatever else runs.
    """

    def __init__(
        self, weights: Weights, max_tokens: int = MAX_TOKENS, threads: int = 0, *, spinning: bool = True
    ) -> None:
        self.spec = _spec(weights, max_tokens)
        self._weights = weights
        self._threads = threads
        self._spinning = spinning
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None

    def embed(self, texts: Sequence[str], progress: Callable[[int], None] = lambda _count: None) -> Vectors:
        """See `Embedder.embed`."""
        tokenizer, session = self._load()
        vectors = np.empty((len(texts), self.spec.dim), np.float32)
        for rows in batches_by_length(texts):
            encodings = tokenizer.encode_batch([self.spec.prefix + _shorten(texts[row], self.spec) for row in rows])
            inputs = {
                "input_ids": np.array([encoding.ids for encoding in encodings], np.int64),
                "attention_mask": np.array([encoding.attention_mask for encoding in encodings], np.int64),
            }
            progress(0)  # from now on other threads of Python can work
            (vectors[rows],) = session.run(None, inputs)
            progress(len(rows))
        return vectors

    def _load(self) -> "tuple[Tokenizer, InferenceSession]":
        with self._loading:
            if self._loaded is None:
                verify(self._weights, [ONNX_FILE, TOKENIZER_FILE])
                self._loaded = (self._open_tokenizer(), self._open_session())
            return self._loaded

    def _open_tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer  # noqa: PLC0415 - a process that answers ids only never needs it

        tokenizer = Tokenizer.from_file(str(self._weights.folder / TOKENIZER_FILE))
        tokenizer.enable_truncation(self.spec.max_tokens)
        config = json.loads((self._weights.folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        tokenizer.enable_padding(pad_id=tokenizer.token_to_id(config["pad_token"]), pad_token=config["pad_token"])
        return tokenizer

    def _open_session(self) -> "InferenceSession":
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415

        options = SessionOptions()
        options.intra_op_num_threads = self._threads
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(self._spinning)))
        return InferenceSession(self._weights.onnx, options, providers=["CPUExecutionProvider"])


def batches_by_length(texts: Sequence[str], size: int = BATCH) -> Iterator[list[int]]:
    """Yield the rows of `texts` in batches, longest texts first, so that less than half of a batch is padding."""
    batch: list[int] = []
    for row in sorted(range(len(texts)), key=lambda row: (-len(texts[row]), row)):
        if batch and (len(batch) == size or 2 * len(texts[row]) < len(texts[batch[0]])):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _shorten(text: str, spec: EmbedderSpec) -> str:
    return text[: spec.max_tokens * _CHARS_PER_TOKEN]


def _spec(weights: Weights, max_tokens: int) -> EmbedderSpec:
    return EmbedderSpec(
        name=weights.name,
        revision=weights.revision,
        sha256=weights.sha256,
        dim=weights.dim,
        max_tokens=max_tokens,
        prefix=weights.prefix,
    )
