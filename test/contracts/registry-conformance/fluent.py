"""The fluent API: nested runs, autologging, models logged, registered and loaded. Usage: fluent.py URL"""
import sys
import warnings

import lightgbm
import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow import MlflowClient
from recorder import Recorder
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

warnings.filterwarnings("ignore")
record = Recorder()
mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
data, target = load_diabetes(return_X_y=True, as_frame=True)
data, target = data.head(80), target.head(80)


def walk(run_id, path=None):
    for item in client.list_artifacts(run_id, path):
        yield item.path
        if item.is_dir:
            yield from walk(run_id, item.path)


def shown(run):
    """All that a run holds, with the paths of its files; clocks and machine-dependent sizes left out."""
    got = client.get_run(run.info.run_id)
    outputs = [client.get_logged_model(o.model_id) for o in got.outputs.model_outputs]
    models = [[m.name, m.model_type, str(m.status), m.params, sorted(x.key for x in m.metrics)] for m in outputs]
    inputs = [[i.dataset.name, i.dataset.digest, sorted(t.value for t in i.tags)] for i in got.inputs.dataset_inputs]
    return [got.info.status, got.info.run_name, got.data.params, got.data.metrics, got.data.tags, inputs, models, sorted(walk(run.info.run_id))]


def nested():
    with mlflow.start_run(run_name="outer", tags={"level": "0"}) as outer:
        mlflow.log_params({"a": 1, "b": "two"})
        mlflow.log_metrics({"m": 1.0, "n": 2.0}, step=3)
        mlflow.log_input(mlflow.data.from_pandas(data.head(5), name="diabetes"), context="train")
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            mlflow.log_metric("m", 3.0)
            mlflow.log_table({"x": [1, 2]}, "table.json")
            mlflow.set_tag("leaf", "yes")
    record("outer run", lambda: shown(outer))
    record("inner run", lambda: shown(inner))
    record("parent", lambda: mlflow.get_parent_run(inner.info.run_id).info.run_name)
    children = f"tags.mlflow.parentRunId = '{outer.info.run_id}'"
    record("children", lambda: mlflow.search_runs(filter_string=children)["tags.mlflow.runName"].tolist())
    try:
        with mlflow.start_run(run_name="fails") as failed:
            raise ValueError("on purpose")
    except ValueError:
        record("failed run", lambda: client.get_run(failed.info.run_id).info.status)
    with mlflow.start_run(run_id=inner.info.run_id):
        mlflow.log_metric("again", 1.0)
    record("resumed run", lambda: sorted(client.get_run(inner.info.run_id).data.metrics))


def sklearn_autolog():
    mlflow.sklearn.autolog(silent=True, registered_model_name="ridge")
    with mlflow.start_run(run_name="sklearn") as run:
        model = Ridge(alpha=0.5).fit(data, target)
        model.score(data, target)
    mlflow.sklearn.autolog(disable=True)
    record("sklearn run", lambda: shown(run))
    record("sklearn version", lambda: client.get_model_version("ridge", "1").status)
    expected = model.predict(data)
    for where, uri in (("version", "models:/ridge/1"), ("latest", "models:/ridge/latest"), ("run", f"runs:/{run.info.run_id}/model")):
        record(f"sklearn {where} predicts as before", lambda: same(uri, data, expected))


def same(uri, inputs, expected):
    predicted = np.asarray(mlflow.pyfunc.load_model(uri).predict(inputs)).ravel()
    return bool(np.allclose(predicted, expected))


def boosted(name, flavor, train, inputs):
    """Requirements are given, because finding them out would load the model in one more process."""
    flavor.autolog(log_models=False, silent=True)
    with mlflow.start_run(run_name=name) as run:
        model = train()
        info = flavor.log_model(model, name="model", pip_requirements=[name], registered_model_name=f"{name} model")
    flavor.autolog(disable=True)
    record(f"{name} run", lambda: shown(run))
    record(f"{name} history", lambda: [len(client.get_metric_history(run.info.run_id, k)) for k in sorted(run_metrics(run))])
    expected = model.predict(inputs)
    record(f"{name} predicts as before", lambda: same(info.model_uri, data, expected))
    record(f"{name} version predicts as before", lambda: same(f"models:/{name} model/1", data, expected))
    record(f"{name} downloads", lambda: bool(mlflow.artifacts.download_artifacts(f"models:/{name} model/1")))


def run_metrics(run):
    return client.get_run(run.info.run_id).data.metrics


record("set_experiment", lambda: mlflow.set_experiment("fluent").name)
nested()
sklearn_autolog()
settings = {"num_threads": 1, "deterministic": True, "verbose": -1, "objective": "regression", "num_leaves": 4}
pool = lightgbm.Dataset(data, target, free_raw_data=False)
boosted("lightgbm", mlflow.lightgbm, lambda: lightgbm.train(settings, pool, 5, valid_sets=[pool]), data)
matrix = xgboost.DMatrix(data, target)
options = {"nthread": 1, "max_depth": 2, "seed": 1}
boosted("xgboost", mlflow.xgboost, lambda: xgboost.train(options, matrix, 5, evals=[(matrix, "train")], verbose_eval=False), matrix)
record.print()
