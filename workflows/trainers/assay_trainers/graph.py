"""ONNX graphs written node by node: names, order and numbers are ours alone, so equal training gives equal bytes."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, ML_OPSET, IR_VERSION = 21, 3, 10


class Graph:
    """Collects nodes; every method returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], domain: str = "", **attributes: object) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"n{len(self.nodes)}", domain=domain, **attributes))
        return name

    def gemm(self, x: str, weights: np.ndarray, bias: np.ndarray) -> str:
        """x [batch, in] -> [batch, out]; weights [in, out], bias [out]."""
        return self.node("Gemm", [x, self.constant(weights.astype(np.float32)), self.constant(bias.astype(np.float32))])

    def scale(self, x: str, factor: float) -> str:
        return self.node("Mul", [x, self.constant(np.array(factor, np.float32))])

    def columns(self, x: str, places: list[int]) -> str:
        return self.node("Gather", [x, self.constant(np.array(places, np.int64))], axis=1)

    def finish(self, inputs: dict[str, list], output: str, result: str, shape: list) -> onnx.ModelProto:
        """Names the last result `output`; shapes with "batch" as the free dimension."""
        self.nodes.append(helper.make_node("Identity", [result], [output], name="out"))
        tensor = TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes,
            "assay",
            [helper.make_tensor_value_info(n, tensor, s) for n, s in inputs.items()],
            [helper.make_tensor_value_info(output, tensor, shape)],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="assay-trainers", producer_version="1")
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        return model


def linear(graph: Graph, x: str, weights: np.ndarray, intercept: float) -> str:
    """[batch, features] -> [batch, 1]."""
    return graph.gemm(x, weights.reshape(-1, 1), np.array([intercept]))
