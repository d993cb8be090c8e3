"""Store an exported encoder in a sixth of the space, without changing what it computes.

The default model's weights are blocks of 32 four-bit numbers with one scale each (`models.packed_e5`); as float32 they
fill eight times the room, on the disk and in every process. Two of ONNX Runtime's operators read such blocks as they
are: GatherBlockQuantized for the token table, MatMulNBits for linear layers
(https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md). A tensor that is not exactly such blocks,
any of another model, stays as it is.

470 MB became 76, the private memory of a process that embeds 870 MB became 442, the time to the first vector 1.7 s
became .7; the figures of docs/relevance.md stay the same in all digits (docs/adr/0011-four-bits-lose-nothing.md).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from models.packed_e5 import BLOCK

_DOMAIN = "com.microsoft"
_ZERO = 8
"""Both operators store numbers from 0 to 15 that mean -8 to 7."""
_FLOAT32_PRODUCTS = 1
"""MatMulNBits' accuracy level: 4 would round its other operand to 8 bits, see the decision."""
_IR_VERSION = 10
"""The first of ONNX's formats that has four-bit numbers."""
_ROWS = 8_192
"""Rows packed at a time: bounds the copies of the token table to 40 MB."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A (rows, width) tensor in four bits."""

    shape: tuple[int, int]
    codes: npt.NDArray[np.uint8]
    """(rows, width / 2): two numbers to a byte, the first in the low bits."""
    scales: npt.NDArray[np.float32]
    """(rows, width / BLOCK)"""


def compact(path: Path) -> None:
    """Rewrite the ONNX file at `path` with every tensor in four bits that loses nothing by it."""
    model = onnx.load(path)
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    nodes = [_compacted(node, tensors) for node in graph.node]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    graph.initializer.extend(tensor for name, tensor in tensors.items() if name in used)
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    model.ir_version = max(model.ir_version, _IR_VERSION)
    onnx.save(model, path)


def blocks_of(weights: npt.NDArray[np.float32]) -> Blocks | None:
    """Return (rows, width) `weights` in four bits, or None when they are not exactly that."""
    rows, width = weights.shape
    if width % BLOCK:
        return None
    parts = []
    for start in range(0, rows, _ROWS):
        part = _packed(weights[start : start + _ROWS].reshape(-1, BLOCK))
        if part is None:
            return None
        parts.append(part)
    codes, scales = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Blocks((rows, width), codes.reshape(rows, -1), scales.reshape(rows, -1))


def _packed(blocks: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]] | None:
    """Return the codes and scales of (n, BLOCK) numbers; Q4_0 scales each block so that its largest number is -8."""
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)
    scales = largest / -_ZERO
    numbers = np.rint(np.divide(blocks, scales, out=np.zeros_like(blocks), where=scales != 0))
    if numbers.max(initial=0) >= _ZERO or not np.array_equal(numbers * scales, blocks):
        return None
    codes = (numbers + _ZERO).astype(np.uint8)
    return np.bitwise_or(codes[:, 0::2], codes[:, 1::2] << 4, dtype=np.uint8), scales.astype(np.float32)


def _compacted(node: onnx.NodeProto, tensors: dict[str, onnx.TensorProto]) -> onnx.NodeProto:
    """Return what replaces `node`, itself if nothing does, and add the tensors it needs."""
    place = {"Gather": 0, "MatMul": 1}.get(node.op_type)
    if place is None or node.input[place] not in tensors or _picks_columns(node):
        return node
    name = node.input[place]
    weights = numpy_helper.to_array(tensors[name])
    if weights.ndim != 2 or weights.dtype != np.float32:  # noqa: PLR2004 - a matrix
        return node
    blocks = blocks_of(weights if node.op_type == "Gather" else np.ascontiguousarray(weights.T))
    if blocks is None:
        return node
    return (_gather if node.op_type == "Gather" else _product)(node, name, blocks, tensors)


def _picks_columns(node: onnx.NodeProto) -> bool:
    """Tell whether a Gather picks columns, which the operator that replaces it would take for rows."""
    return any(attribute.name == "axis" and attribute.i for attribute in node.attribute)


def _gather(node: onnx.NodeProto, name: str, blocks: Blocks, tensors: dict[str, onnx.TensorProto]) -> onnx.NodeProto:
    zeros = np.full((blocks.scales.size + 1) // 2, _ZERO | _ZERO << 4, np.uint8)
    codes, scales, zero = f"{name}.codes", f"{name}.scales", f"{name}.zeros"
    for called, shape, raw in ((codes, blocks.shape, blocks.codes), (zero, blocks.scales.shape, zeros)):
        tensors[called] = helper.make_tensor(called, onnx.TensorProto.UINT4, shape, raw.tobytes(), raw=True)
    tensors[scales] = numpy_helper.from_array(blocks.scales, scales)
    return helper.make_node(
        "GatherBlockQuantized",
        [codes, node.input[1], scales, zero],
        node.output,
        node.name,
        domain=_DOMAIN,
        gather_axis=0,
        quantize_axis=1,
        block_size=BLOCK,
    )


def _product(node: onnx.NodeProto, name: str, blocks: Blocks, tensors: dict[str, onnx.TensorProto]) -> onnx.NodeProto:
    (rows, width), codes, scales = blocks.shape, f"{name}.codes", f"{name}.scales"
    tensors[codes] = numpy_helper.from_array(blocks.codes.reshape(rows, -1, BLOCK // 2), codes)
    tensors[scales] = numpy_helper.from_array(blocks.scales.reshape(-1), scales)
    return helper.make_node(
        "MatMulNBits",
        [node.input[0], codes, scales],
        node.output,
        node.name,
        domain=_DOMAIN,
        K=width,
        N=rows,
        bits=4,
        block_size=BLOCK,
        accuracy_level=_FLOAT32_PRODUCTS,
    )
