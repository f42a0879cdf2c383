"""Writes the perceptrons of the serving bench beside this script (onnx 1.19 or later). Run by hand when one must change:
python make_models.py. The bench serves the committed files."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent / "models"
WIDTHS = [8, 64, 64, 1]


def perceptron(name, seed):
    """features [n, 8] -> 64 -> 64 -> probability [n, 1]; the family pricing's signature."""
    rng = np.random.default_rng(seed)
    nodes, weights, last = [], [], "features"
    for i, (rows, columns) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        w = (rng.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float32)
        weights += [
            numpy_helper.from_array(w, f"w{i}"),
            numpy_helper.from_array(np.zeros(columns, np.float32), f"b{i}"),
        ]
        is_last = columns == 1
        nodes += [
            helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"]),
            helper.make_node("Sigmoid" if is_last else "Relu", [f"z{i}"], ["probability" if is_last else f"h{i}"]),
        ]
        last = f"h{i}"
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", WIDTHS[0]])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 1])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


perceptron("champion", 1)
perceptron("candidate", 2)
