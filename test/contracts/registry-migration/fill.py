"""Fills an MLflow server with everything that a migration must bring. Usage: fill.py URL"""
import os
import sys
import tempfile

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Metric
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
X = np.array([[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.8, 0.1]])
y = np.array([0, 1, 0, 1])

churn = client.create_experiment("churn: a/b & ü", tags={"team": "growth", "note": "two\nlines"})
gone = client.create_experiment("given up")
sweep = client.create_experiment("sweep")

# A run with everything, a nested one, and a model that is scored on a data set
mlflow.set_experiment(experiment_id=churn)
with mlflow.start_run(run_name="everything", description="all kinds of things") as parent:
    run_id = parent.info.run_id
    mlflow.log_params({"depth": 3, "long": "x" * 5000, "empty": ""})
    points = [Metric("loss", 1.0 / (i + 1), 1_700_000_000_000 + i, i) for i in range(2500)]
    for i in range(0, len(points), 1000):
        client.log_batch(run_id, metrics=points[i : i + 1000])
    odd = [("nan", float("nan")), ("inf", float("inf")), ("minus", float("-inf")), ("zero", -0.0), ("tiny", 5e-324)]
    client.log_batch(run_id, metrics=[Metric(k, v, 1, 0) for k, v in odd])
    client.log_metric(run_id, "far", 1.5, timestamp=2**62, step=2**62 + 1)
    client.log_metric(run_id, "late", 2.0, timestamp=10, step=10)
    client.log_metric(run_id, "late", 1.0, timestamp=20, step=5)
    data = mlflow.data.from_numpy(X, targets=y, name="people")
    mlflow.log_input(data, context="training")
    mlflow.log_text("hello", "notes/deep/hello.txt")
    mlflow.log_text("", "empty.txt")
    mlflow.log_text("ü", "naïve name.txt")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "noise.bin")
        with open(path, "wb") as f:
            f.write(np.random.default_rng(7).bytes(3_000_000))
        mlflow.log_artifact(path)
    info = mlflow.sklearn.log_model(
        LogisticRegression().fit(X, y), name="clf", input_example=X, registered_model_name="churn-model"
    )
    mlflow.log_metrics({"accuracy": 0.75}, model_id=info.model_id, dataset=data, step=3)
    with mlflow.start_run(run_name="inner", nested=True):
        mlflow.log_metric("loss", 9.0)

# Runs that ended otherwise, and one that is deleted
failed = client.create_run(churn, run_name="failed")
client.set_terminated(failed.info.run_id, "FAILED")
running = client.create_run(churn, run_name="still running")
client.log_param(running.info.run_id, "a", "1")
deleted = client.create_run(churn, run_name="deleted")
client.log_metric(deleted.info.run_id, "loss", 3.0)
client.log_text(deleted.info.run_id, "kept", "kept.txt")
client.set_terminated(deleted.info.run_id)
client.delete_run(deleted.info.run_id)
lost = client.create_run(gone, run_name="lost")
client.log_param(lost.info.run_id, "b", "2")
client.set_terminated(lost.info.run_id)
client.delete_experiment(gone)

# Many small runs, so that an import can be interrupted half way
for i in range(24):
    run = client.create_run(sweep, run_name=f"trial {i}", tags={"trial": str(i)})
    client.log_batch(run.info.run_id, metrics=[Metric("score", i / 24, 1000 + i, 0)])
    client.log_text(run.info.run_id, f"trial {i} " * 50, "trial.txt")
    client.set_terminated(run.info.run_id)

# Versions with a gap, copies, stages, aliases, tags; a prompt
client.update_registered_model("churn-model", description="who leaves")
client.set_registered_model_tag("churn-model", "owner", "ada")
for _ in range(2):
    mlflow.register_model(info.model_uri, "churn-model")
client.delete_model_version("churn-model", "2")
client.update_model_version("churn-model", "3", description="the third")
client.set_model_version_tag("churn-model", "3", "checked", "yes")
client.transition_model_version_stage("churn-model", "1", "Staging")
client.set_registered_model_alias("churn-model", "champion", "3")
client.set_registered_model_alias("churn-model", "challenger", "1")
client.set_registered_model_alias("churn-model", "prod-eu", "3")
client.copy_model_version("models:/churn-model/3", "churn-copy")
client.create_registered_model("o'hara & co")
client.create_model_version("o'hara & co", f"runs:/{run_id}/notes", run_id=run_id)
mlflow.genai.register_prompt("greeting", "Hello {{name}}", tags={"kind": "mail"})
print("OK")
