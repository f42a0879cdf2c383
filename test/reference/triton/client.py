"""Drives a model server with NVIDIA's unchanged gRPC client; prints what it got as one JSON object."""

import json
import sys

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(url=sys.argv[1])
endpoint = sys.argv[2]


def tensor(name, values, datatype):
    found = triton.InferInput(name, list(values.shape), datatype)
    found.set_data_from_numpy(values)
    return found


def inputs(affinity):
    n = len(affinity)
    features = np.zeros((n, 12), np.float32)
    features[:, 4] = affinity
    return [
        tensor("features", features, "FP32"),
        tensor("item_id", np.arange(2**60, 2**60 + n, dtype=np.int64), "INT64"),
        tensor("in_stock", np.ones(n, np.bool_), "BOOL"),
    ]


answer = client.infer(endpoint, inputs([0.3, 0.1, 0.2]), request_id="q-7", parameters={"unit_id": "anna"})
parameters = answer.get_response().parameters
metadata = client.get_model_metadata(endpoint, as_json=True)


def refused(call):
    try:
        call()
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


asked = [triton.InferRequestedOutput("score")]
only = client.infer(endpoint, inputs([0.3, 0.1]), outputs=asked)

print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "model_ready": client.is_model_ready(endpoint),
            "version_ready": client.is_model_ready(endpoint, "1"),
            "unknown_ready": client.is_model_ready("nowhere"),
            "server": client.get_server_metadata(as_json=True)["name"],
            "inputs": [[t["name"], t["datatype"], t["shape"]] for t in metadata["inputs"]],
            "items": [str(i) for i in answer.as_numpy("item_id")],
            "scores": [round(float(s), 6) for s in answer.as_numpy("score")],
            "id": answer.get_response().id,
            "unit": parameters["unit_id"].string_param,
            "arm": parameters["arm"].string_param,
            "only": [o.name for o in only.get_response().outputs],
            "unknown": refused(lambda: client.infer("nowhere", inputs([1]))),
            "nan": refused(lambda: client.infer(endpoint, inputs([float("nan")]))),
        }
    )
)
