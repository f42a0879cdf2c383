"""A data scientist calls a version champion, with the unchanged MLflow client. Usage: gate.py URL MODEL VERSION; prints each word of the tag once."""
import sys
import time
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

url, model, version = sys.argv[1:]
mlflow.set_tracking_uri(url)
client = MlflowClient()
assert client.get_registered_model(model).aliases == {}
client.set_registered_model_alias(model, "champion", version)
assert client.get_registered_model(model).aliases == {}, "the alias was obeyed silently"

seen = []
deadline = time.monotonic() + 120
while time.monotonic() < deadline:
    tag = client.get_model_version(model, version).tags["assay.release"]
    if not seen or seen[-1] != tag:
        seen.append(tag)
        print(tag, flush=True)
    if tag.startswith("champion") and client.get_registered_model(model).aliases:
        break
    time.sleep(0.1)
assert str(client.get_model_version_by_alias(model, "champion").version) == version
try:
    client.delete_registered_model_alias(model, "champion")
except MlflowException as error:
    assert error.error_code == "PERMISSION_DENIED", error
else:
    raise AssertionError("champion was taken away by hand")
print("OK")
