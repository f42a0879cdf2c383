"""A data scientist's path with the unchanged MLflow client. Usage: registry_mlflow.py URL. Prints OK at the end."""
import sys
import numpy as np
import onnx
from onnx import TensorProto, helper
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
experiment = mlflow.set_experiment("path of a data scientist").experiment_id

x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])
graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", [x], [y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)

with mlflow.start_run(run_name="first") as run:
    mlflow.log_params({"depth": 3, "kind": "tree"})
    for step in range(5):
        mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
    mlflow.log_metric("broken", float("nan"))
    mlflow.log_metric("far", 1.5, step=2**62)
    mlflow.log_text("hello", "notes/hello.txt")
    info = mlflow.onnx.log_model(model, name="model", registered_model_name="doubler")
    mlflow.log_dict({"mae": 0.1}, "evaluation/report.json")
    with mlflow.start_run(run_name="inner", nested=True) as inner:
        mlflow.log_metric("loss", 9.0)

got = client.get_run(run.info.run_id)
assert got.info.status == "FINISHED" and got.info.run_name == "first", got.info
assert got.data.params == {"depth": "3", "kind": "tree"}, got.data.params
assert abs(got.data.metrics["loss"] - 0.2) < 1e-12 and np.isnan(got.data.metrics["broken"])
assert client.get_metric_history(run.info.run_id, "far")[0].step == 2**62
assert [m.step for m in client.get_metric_history(run.info.run_id, "loss")].sort() is None
assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["evaluation", "notes"]
assert mlflow.artifacts.load_text(f"{got.info.artifact_uri}/notes/hello.txt") == "hello"

found = client.search_runs([experiment], "metrics.loss < 0.5 AND params.kind = 'tree' AND attributes.status = 'FINISHED'", order_by=["metrics.loss ASC"])
assert [r.info.run_id for r in found] == [run.info.run_id], found
assert client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")[0].info.run_id == inner.info.run_id
first = client.search_runs([experiment], max_results=1, order_by=["metrics.loss DESC"])
assert first[0].info.run_id == inner.info.run_id and first.token
rest = client.search_runs([experiment], max_results=1, order_by=["metrics.loss DESC"], page_token=first.token)
assert rest[0].info.run_id == run.info.run_id and not rest.token

loaded = mlflow.onnx.load_model("models:/doubler/1")
assert loaded.graph.node[0].op_type == "Add"
rows = np.array([[1, 2]], dtype=np.float32)
predicted = mlflow.pyfunc.load_model("models:/doubler/1").predict(rows)
assert predicted["y"].tolist() == [[2.0, 4.0]], predicted
try:
    client.log_model_artifact(info.model_id, __file__)
except Exception as error:
    assert "409" in str(error) and "model version doubler/1" in str(error), error
else:
    raise AssertionError("a file was added to a registered version")
mlflow.register_model(info.model_uri, "doubler")
assert sorted(int(v.version) for v in client.search_model_versions("name = 'doubler'")) == [1, 2]
assert [m.name for m in client.search_registered_models("name LIKE 'doub%'")] == ["doubler"]

client.set_registered_model_tag("doubler", "team", "pricing")
client.set_model_version_tag("doubler", "1", "checked", "yes")
client.set_registered_model_alias("doubler", "mine", "2")
assert client.get_model_version_by_alias("doubler", "mine").version in (2, "2")
assert client.get_registered_model("doubler").tags == {"team": "pricing"}
for alias in ("champion", "challenger"):
    for move in (lambda: client.set_registered_model_alias("doubler", alias, "1"), lambda: client.delete_registered_model_alias("doubler", alias)):
        try:
            move()
        except MlflowException as error:
            assert error.error_code == "PERMISSION_DENIED" and "follows the release" in str(error), error
        else:
            raise AssertionError(f"alias {alias} was moved by hand")
client.delete_model_version("doubler", "2")
assert client.get_registered_model("doubler").aliases == {}
client.delete_run(inner.info.run_id)
client.restore_run(inner.info.run_id)
print("OK")
