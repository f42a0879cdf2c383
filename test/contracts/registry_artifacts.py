"""Artifacts by the unchanged MLflow client, large files part by part. Usage: registry_artifacts.py URL. Prints OK at the end."""
import hashlib
import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
work = tempfile.mkdtemp()


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def write(path, size):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(os.urandom(size))
    return path


with mlflow.start_run() as run:
    run_id, uri = run.info.run_id, run.info.artifact_uri
    big = write(f"{work}/big/weights file.bin", 5 * 2**20 + 17)
    mlflow.log_artifact(big, "large/deep")
    for name in ["a.txt", "sub/b.txt", "sub/deeper/ü.bin"]:
        write(f"{work}/tree/{name}", 1000)
    open(f"{work}/tree/empty", "w").close()
    mlflow.log_artifacts(f"{work}/tree", "tree")

got = client.download_artifacts(run_id, "large/deep/weights file.bin", work)
assert digest(got) == digest(big)
assert [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id)] == [("large", True, None), ("tree", True, None)]
assert [f.path for f in client.list_artifacts(run_id, "tree")] == ["tree/a.txt", "tree/empty", "tree/sub"]
assert client.list_artifacts(run_id, "large/deep")[0].file_size == 5 * 2**20 + 17
assert client.list_artifacts(run_id, "tree/a.txt") == []
folder = mlflow.artifacts.download_artifacts(artifact_uri=f"{uri}/tree", dst_path=f"{work}/back")
for name in ["a.txt", "sub/b.txt", "sub/deeper/ü.bin", "empty"]:
    assert digest(f"{folder}/{name}") == digest(f"{work}/tree/{name}"), name

repo = get_artifact_repository(uri)
repo.delete_artifacts("tree/sub")
assert [f.path for f in client.list_artifacts(run_id, "tree")] == ["tree/a.txt", "tree/empty"]
repo.delete_artifacts("not there")

# An upload that its client gives up is aborted and leaves no artifact
begun = repo.create_multipart_upload(f"{work}/big/given up.bin", 3, "large")
repo._upload_part(begun.credentials[0], big, 2**20, 0)
repo.abort_multipart_upload(f"{work}/big/given up.bin", begun.upload_id, "large")
assert [f.path for f in client.list_artifacts(run_id, "large")] == ["large/deep"]
print("OK")
