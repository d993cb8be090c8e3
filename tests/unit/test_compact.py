"""Four bits where they lose nothing, and only there."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from models.compact import blocks_of, compact
from models.packed_e5 import BLOCK

WIDTH = 2 * BLOCK
ROWS = 10_000
"""More than are packed at a time."""


def four_bits(rows: int, width: int) -> npt.NDArray[np.float32]:
    """Return weights as Q4_0 has them: -8 in every block, here and there a block of zeros."""
    random = np.random.default_rng(rows)
    numbers = random.integers(-8, 8, (rows, width // BLOCK, BLOCK))
    numbers[..., 5] = -8
    scales = random.normal(size=(rows, width // BLOCK, 1)).astype(np.float16)
    scales[::7] = 0
    return (numbers * scales.astype(np.float32)).reshape(rows, width).astype(np.float32)


def write(path: Path, table: npt.NDArray[np.float32], linear: npt.NDArray[np.float32]) -> None:
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["rows"]),
            helper.make_node("MatMul", ["rows", "linear"], ["out"]),
        ],
        "both kinds",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [None, None])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, None, linear.shape[1]])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(linear, "linear")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def run(path: Path) -> npt.NDArray[np.float32]:
    ids = np.random.default_rng(0).integers(0, ROWS, (3, 5))
    (out,) = InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"ids": ids})
    return np.asarray(out)


def test_four_bit_weights_take_a_sixth_of_the_space_and_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write(path, four_bits(ROWS, WIDTH), four_bits(48, WIDTH).T.copy())
    before, size = run(path), path.stat().st_size
    compact(path)
    np.testing.assert_allclose(run(path), before, rtol=1e-5, atol=1e-4)
    assert path.stat().st_size < size / 6


def test_other_weights_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    random = np.random.default_rng(1)
    write(path, random.normal(size=(ROWS, WIDTH)).astype(np.float32), random.normal(size=(WIDTH, 8)).astype(np.float32))
    before = run(path)
    compact(path)
    np.testing.assert_array_equal(run(path), before)
    assert {node.op_type for node in onnx.load(path).graph.node} == {"Gather", "MatMul"}


@pytest.mark.parametrize(("row", "value"), [(1, 1e-3), (ROWS - 1, -9.0)])
def test_one_number_that_four_bits_cannot_hold_is_enough(row: int, value: float) -> None:
    weights = four_bits(ROWS, WIDTH)
    assert blocks_of(weights) is not None
    weights[row, 3] += np.float32(value)
    assert blocks_of(weights) is None


def test_an_odd_number_of_scales(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write(path, four_bits(ROWS + 1, BLOCK), four_bits(48, BLOCK).T.copy())
    before = run(path)
    compact(path)
    np.testing.assert_allclose(run(path), before, rtol=1e-5, atol=1e-4)
    assert "Gather" not in {node.op_type for node in onnx.load(path).graph.node}


def test_a_choice_of_columns_stays(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [None])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [4, None])
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "ids"], ["out"], axis=1)],
        "columns",
        [ids],
        [out],
        [numpy_helper.from_array(four_bits(4, WIDTH), "table")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    compact(path)
    assert [node.op_type for node in onnx.load(path).graph.node] == ["Gather"]


def test_rows_that_are_no_whole_blocks_stay() -> None:
    assert blocks_of(np.zeros((4, BLOCK + 8), np.float32)) is None
