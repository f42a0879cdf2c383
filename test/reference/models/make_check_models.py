"""Writes check/*.onnx beside this script: files that the model check must refuse, and the last ones that it must not
(onnx 1.19 or later, its checker is not asked). Run by hand: python make_check_models.py. Tests load the committed files."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).parent / "check"
FLOAT = TensorProto.FLOAT


def value(name, shape=("n", 2), dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, list(shape))


def save(name, nodes, weights=(), opsets=(("", 17),), ir=9, inputs=None, functions=(), outputs=None):
    graph = helper.make_graph(nodes, name, inputs or [value("x")], outputs or [value("y")], list(weights))
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    model = helper.make_model(graph, opset_imports=imports, functions=list(functions))
    model.ir_version = ir
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def add():
    return helper.make_node("Add", ["x", "x"], ["y"])


def scaler():
    return helper.make_node("Scaler", ["x"], ["y"], domain="ai.onnx.ml", offset=[0.0, 0.0], scale=[1.0, 1.0])


def external(name, location, offset=None, length=None):
    """y = x + w, where the two numbers of w lie beside the file."""
    tensor = numpy_helper.from_array(np.asarray([1, 2], np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in (("location", location), ("offset", offset), ("length", length)):
        if text is not None:
            entry = tensor.external_data.add()
            entry.key, entry.value = key, str(text)
    save(name, [helper.make_node("Add", ["x", "w"], ["y"])], [tensor])


def branches(name, inner):
    """If(x has rows, inner, identity): `inner` hides in a subgraph."""
    graph = lambda node: helper.make_graph([node], "branch", [], [value("z")])
    zero = numpy_helper.from_array(np.asarray(True), "always")
    node = helper.make_node(
        "If", ["always"], ["y"], then_branch=graph(inner), else_branch=graph(helper.make_node("Identity", ["x"], ["z"]))
    )
    save(name, [node], [zero])


def function_bomb(depth):
    """f0 adds; each next function calls the one before twice: 2^depth nodes once a runtime inlines them."""
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("bomb", 1)]
    make = lambda i, nodes: helper.make_function("bomb", f"f{i}", ["a"], ["b"], nodes, opset)
    functions = [make(0, [helper.make_node("Add", ["a", "a"], ["b"])])]
    for i in range(1, depth):
        call = lambda given, made: helper.make_node(f"f{i - 1}", [given], [made], domain="bomb")
        functions.append(make(i, [call("a", "m"), call("m", "b")]))
    nodes = [helper.make_node(f"f{depth - 1}", ["x"], ["y"], domain="bomb")]
    save("function-bomb", nodes, opsets=(("", 17), ("bomb", 1)), functions=functions)


def loop():
    """Adds 2^40 times."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["at", "at"], ["next"])],
        "body",
        [value("i", (), TensorProto.INT64), value("go", (), TensorProto.BOOL), value("at")],
        [value("on", (), TensorProto.BOOL), value("next")],
    )
    weights = [
        numpy_helper.from_array(np.asarray(2**40, np.int64), "trips"),
        numpy_helper.from_array(np.asarray(True), "start"),
    ]
    save("loop", [helper.make_node("Loop", ["trips", "start", "x"], ["y"], body=body)], weights)


def allocation():
    """Fills 2^33 bytes, then adds them up."""
    shape = numpy_helper.from_array(np.asarray([2**31], np.int64), "shape")
    one = numpy_helper.from_array(np.asarray([1], np.float32), "value")
    nodes = [
        helper.make_node("ConstantOfShape", ["shape0"], ["big"], value=one),
        helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=1),
        helper.make_node("Add", ["x", "sum"], ["y"]),
        # Not a constant: the runtime would fold it while loading
        helper.make_node("Cast", ["k"], ["k64"], to=TensorProto.INT64),
        helper.make_node("Mul", ["shape", "k64"], ["shape0"]),
        helper.make_node("Ceil", ["half"], ["k"]),
        helper.make_node("ReduceMax", ["x"], ["half0"], keepdims=0),
        helper.make_node("Reshape", ["half0", "one"], ["half"]),
    ]
    nodes = [nodes[i] for i in (6, 7, 5, 3, 4, 0, 1, 2)]
    weights = [shape, numpy_helper.from_array(np.asarray([1], np.int64), "one")]
    save("allocation", nodes, weights)


for ir in (13, 14):
    save(f"ir-{ir}", [add()], ir=ir)
for opset in (6, 7, 26, 27):
    save(f"opset-{opset}", [add()], opsets=(("", opset),))
for opset in (5, 6):
    save(f"ml-opset-{opset}", [scaler()], opsets=(("", 17), ("ai.onnx.ml", opset)))
save("ml-without-opset", [scaler()])
save("custom-operator", [helper.make_node("RunCommand", ["x"], ["y"], domain="evil.ops")], opsets=(("", 17), ("evil.ops", 1)))
save("custom-proto", [helper.make_node("Add", ["x", "x"], ["y"], domain="__proto__")], opsets=(("", 17), ("__proto__", 1)))
branches("custom-in-branch", helper.make_node("RunCommand", ["x"], ["z"], domain="evil.ops"))
save("random", [helper.make_node("RandomNormalLike", ["x"], ["y"])])
branches("random-in-branch", helper.make_node("RandomUniformLike", ["x"], ["z"]))
save("context-binary", [helper.make_node("EPContext", ["x"], ["y"], domain="com.microsoft", ep_cache_context="../x.bin")], opsets=(("", 17), ("com.microsoft", 1)))
double = [helper.make_node("Add", ["a", "a"], ["b"])]
for name, domain, kind in (("own-function", "pkg.mine", "Double"), ("disguised-function", "com.microsoft", "Gelu")):
    body = helper.make_function(domain, kind, ["a"], ["b"], double, [helper.make_opsetid("", 17)])
    save(name, [helper.make_node(kind, ["x"], ["y"], domain=domain)], opsets=(("", 17), (domain, 1)), functions=[body])
external("external", "weights.bin", 0, 8)
external("external-short", "weights.bin", 4, 8)
external("external-negative", "weights.bin", -8, 8)
external("external-huge", "weights.bin", 0, 2**63)
external("external-outside", "../weights.bin")
external("external-deep", "a/../../weights.bin")
external("external-absolute", "/etc/hostname")
external("external-drive", "C:/weights.bin")
external("external-backslash", "..\\weights.bin")
external("external-memory", "*/_ORT_MEM_ADDR_/*", 4096, 8)
external("external-missing", "nowhere.bin")
external("external-folder", "sub")
external("external-empty", "")
save("sequence", [helper.make_node("SequenceConstruct", ["x"], ["y"])], outputs=[helper.make_tensor_sequence_value_info("y", FLOAT, ["n", 2])])
save("infinite", [helper.make_node("Div", ["x", "zero"], ["y"])], [numpy_helper.from_array(np.asarray([0], np.float32), "zero")])
function_bomb(40)
loop()
allocation()
