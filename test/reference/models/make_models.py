"""Writes the tiny ONNX files beside this script (onnx 1.19 or later). Run by hand when one must change:
python make_models.py. Tests load the committed files."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
FLOAT = TensorProto.FLOAT


def save(name, nodes, weights, inputs, outputs):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(n, FLOAT, shape) for n, shape in inputs],
        [helper.make_tensor_value_info(n, FLOAT, shape) for n, shape in outputs],
        [numpy_helper.from_array(np.asarray(w), n) for n, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


def linear(name, width, weights, bias, output, sigmoid=False):
    w = np.zeros((width, 1), np.float32)
    for i, value in weights.items():
        w[i, 0] = value
    nodes = [helper.make_node("Gemm", ["features", "w", "b"], ["z" if sigmoid else output])]
    if sigmoid:
        nodes.append(helper.make_node("Sigmoid", ["z"], [output]))
    save(
        name,
        nodes,
        {"w": w, "b": np.asarray([bias], np.float32)},
        [("features", ["n", width])],
        [(output, ["n", 1])],
    )


def fails(name, width, output):
    """Answers 0, but fails to run when features[0, 0] is not in [0, 1)."""
    nodes = [
        helper.make_node("Gemm", ["features", "w", "b"], ["z"]),
        helper.make_node("Gather", ["features", "zero"], ["row"], axis=0),
        helper.make_node("Gather", ["row", "zero"], ["cell"], axis=0),
        helper.make_node("Cast", ["cell"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["none"], axis=0),
        helper.make_node("Add", ["z", "none"], [output]),
    ]
    weights = {
        "w": np.zeros((width, 1), np.float32),
        "b": np.zeros(1, np.float32),
        "zero": np.asarray(0, np.int64),
        "table": np.zeros(1, np.float32),
    }
    save(name, nodes, weights, [("features", ["n", width])], [(output, ["n", 1])])


def of_batch(name, width, output):
    """Every row's answer depends on the rows beside it: such a model may never share a run between requests."""
    w = np.ones((width, 1), np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["features"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("MatMul", ["centred", "w"], ["z"]),
        helper.make_node("Sigmoid", ["z"], [output]),
    ]
    save(name, nodes, {"w": w}, [("features", ["n", width])], [(output, ["n", 1])])


def vision(name, scale):
    """Class k is the mean ink of row k (rows 0 to 7); `scale` makes it sure or unsure."""
    w = np.zeros((64, 10), np.float32)
    for k in range(8):
        w[8 * k : 8 * k + 8, k] = scale / 8
    save(
        name,
        [
            helper.make_node("Flatten", ["image"], ["flat"], axis=1),
            helper.make_node("MatMul", ["flat", "w"], ["z"]),
            helper.make_node("Softmax", ["z"], ["probabilities"], axis=1),
        ],
        {"w": w},
        [("image", ["n", 1, 8, 8])],
        [("probabilities", ["n", 10])],
    )


def looping(name, least):
    """The family vision's answer is even, after `least` rounds and 1,000 more for each ink of the first pixel: what is large
    enough never ends."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("MatMul", ["v", "turn"], ["next_v"]),
        ],
        "round",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("v", FLOAT, [1, 64]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_v", FLOAT, [1, 64]),
        ],
        [numpy_helper.from_array(np.eye(64, dtype=np.float32), "turn")],
    )
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("Gather", ["flat", "zero"], ["row"], axis=0),
        helper.make_node("Gather", ["row", "zero"], ["ink"], axis=0),
        helper.make_node("Mul", ["ink", "per_ink"], ["more"]),
        helper.make_node("Add", ["more", "least"], ["rounds_f"]),
        helper.make_node("Cast", ["rounds_f"], ["rounds"], to=TensorProto.INT64),
        helper.make_node("Loop", ["rounds", "yes", "start"], ["end"], body=body),
        helper.make_node("ReduceSum", ["end"], ["sum"], keepdims=0),
        helper.make_node("Mul", ["sum", "none"], ["nothing"]),
        helper.make_node("MatMul", ["flat", "w"], ["z"]),
        helper.make_node("Add", ["z", "nothing"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    weights = {
        "zero": np.asarray(0, np.int64),
        "per_ink": np.asarray(1_000, np.float32),
        "least": np.asarray(least, np.float32),
        "yes": np.asarray(True),
        "start": np.ones((1, 64), np.float32),
        "none": np.asarray(0, np.float32),
        "w": np.zeros((64, 10), np.float32),
    }
    save(name, nodes, weights, [("image", ["n", 1, 8, 8])], [("probabilities", ["n", 10])])


linear("ranking-affinity", 12, {4: 1.0}, 0.0, "score")
linear("ranking-price", 12, {10: 1.0}, 0.0, "score")
linear("ranking-margin", 12, {11: 1.0}, 0.0, "score")
fails("ranking-fails", 12, "score")
linear("ranking-wrong-output", 12, {4: 1.0}, 0.0, "rating")
# Probability of a purchase falls with the price in dollars; the second hardly notices it.
linear("pricing-elastic", 8, {0: -2.0}, 4.0, "probability", sigmoid=True)
linear("pricing-inelastic", 8, {0: -0.01}, 2.0, "probability", sigmoid=True)
of_batch("pricing-of-batch", 8, "probability")
linear("bidding-affinity", 10, {4: 1.0}, 0.0, "probability", sigmoid=True)
linear("forecasting-lag", 13, {0: 1.0}, 0.0, "ratio")
linear("forecasting-negative", 13, {0: -1.0}, 0.0, "ratio")
vision("vision-sure", 10.0)
vision("vision-unsure", 0.01)
looping("vision-looping", 0)
looping("vision-slow", 20_000)
