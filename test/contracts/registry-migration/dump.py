"""Prints what the MLflow client reads of a server, as JSON. Usage: dump.py URL [PREDICT]

PREDICT names models whose version 1 (by URI) must load and predict."""
import hashlib
import json
import math
import sys

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import ViewType
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()


def number(value):
    return "NaN" if math.isnan(value) else repr(value)


def digests(uri, folder=None):
    """Path → SHA-256 of every file below an artifact root."""
    repository = get_artifact_repository(uri)
    found = {}
    for file in repository.list_artifacts(folder):
        if file.is_dir:
            found.update(digests(uri, file.path))
        else:
            with open(download_artifacts(artifact_uri=f"{uri}/{file.path}"), "rb") as f:
                body = f.read()
            assert len(body) == (file.file_size or 0), (file.path, len(body), file.file_size)
            found[file.path] = hashlib.sha256(body).hexdigest()
    return found


def pages(search):
    token, found = None, []
    while True:
        page = search(token)
        found.extend(page)
        token = page.token
        if not token:
            return found


def run_of(run):
    info, data = run.info, run.data
    history = {
        key: sorted([m.timestamp, m.step, number(m.value)] for m in client.get_metric_history(info.run_id, key))
        for key in data.metrics
    }
    return {
        "run_id": info.run_id,
        "name": info.run_name,
        "experiment_id": info.experiment_id,
        "user": info.user_id,
        "status": info.status,
        "start": info.start_time,
        "end": info.end_time,
        "stage": info.lifecycle_stage,
        "uri": info.artifact_uri,
        "params": data.params,
        "tags": data.tags,
        "metrics": {k: number(v) for k, v in data.metrics.items()},
        "history": history,
        "datasets": [
            {**d.dataset.to_dictionary(), "tags": sorted([t.key, t.value] for t in d.tags)}
            for d in run.inputs.dataset_inputs
        ],
        "inputs": sorted(m.model_id for m in run.inputs.model_inputs),
        "outputs": sorted([m.model_id, m.step] for m in (run.outputs.model_outputs if run.outputs else [])),
        "files": digests(info.artifact_uri),
    }


def logged_model_of(model):
    return {
        "model_id": model.model_id,
        "name": model.name,
        "experiment_id": model.experiment_id,
        "status": str(model.status),
        "type": model.model_type,
        "run": model.source_run_id,
        "uri": model.artifact_location,
        "params": model.params,
        "tags": model.tags,
        "created": model.creation_timestamp,
        "metrics": sorted(
            [m.key, number(m.value), m.timestamp, m.step, m.run_id, m.dataset_name or "", m.dataset_digest or ""]
            for m in model.metrics or []
        ),
        "files": digests(model.artifact_location),
    }


def version_of(name, number_):
    version = client.get_model_version(name, number_)
    return {
        "version": str(version.version),
        "source": version.source,
        "run": version.run_id,
        "model_id": version.model_id,
        "stage": version.current_stage,
        "description": version.description,
        "tags": version.tags,
        "status": version.status,
        "aliases": sorted(version.aliases),
        "created": version.creation_timestamp,
        "updated": version.last_updated_timestamp,
        "uri": client.get_model_version_download_uri(name, number_),
        "files": digests(client.get_model_version_download_uri(name, number_)),
    }


def registered_model_of(model):
    model = client.get_registered_model(model.name)
    versions = client.search_model_versions(f'name = "{model.name}"')
    return {
        "name": model.name,
        "description": model.description,
        "tags": model.tags,
        "aliases": {k: str(v) for k, v in model.aliases.items()},
        "created": model.creation_timestamp,
        "updated": model.last_updated_timestamp,
        "latest": sorted([v.current_stage, str(v.version)] for v in model.latest_versions),
        "versions": [version_of(model.name, str(v.version)) for v in sorted(versions, key=lambda v: int(v.version))],
    }


experiments = client.search_experiments(view_type=ViewType.ALL)
ids = [e.experiment_id for e in experiments]
runs = pages(lambda t: client.search_runs(ids, run_view_type=ViewType.ALL, max_results=20, page_token=t))
models = pages(lambda t: client.search_logged_models(ids, max_results=2, page_token=t))
rows = np.array([[0.1, 0.7], [0.9, 0.2]])
prompt = client.get_prompt_version("greeting", "1")
dumped = {
    "experiments": [
        {
            "experiment_id": e.experiment_id,
            "name": e.name,
            "location": e.artifact_location,
            "stage": e.lifecycle_stage,
            "tags": e.tags,
            "created": e.creation_time,
            "updated": e.last_update_time,
        }
        for e in sorted(experiments, key=lambda e: e.name)
    ],
    "runs": [run_of(r) for r in sorted(runs, key=lambda r: (r.info.start_time, r.info.run_name))],
    "logged_models": [logged_model_of(m) for m in models],
    "registered_models": [registered_model_of(m) for m in client.search_registered_models()],
    "prompt": {"template": prompt.template, "tags": prompt.tags},
    "predictions": {
        uri: mlflow.pyfunc.load_model(uri).predict(rows).tolist() for uri in sys.argv[2:]
    },
}
print(json.dumps(dumped, sort_keys=True))
