"""Drives a model server with NVIDIA's unchanged clients: gRPC and HTTP, each plain and asyncio.

Prints what each form got as one JSON object by form. Arguments: host:port of gRPC, host:port of REST, endpoint.
"""

import asyncio
import json
import queue
import sys

import numpy as np
import tritonclient.grpc as grpc_client
import tritonclient.grpc.aio as grpc_aio
import tritonclient.http as http_client
import tritonclient.http.aio as http_aio
from tritonclient.utils import InferenceServerException

GRPC, HTTP, ENDPOINT = sys.argv[1:4]
FIRST_ID = 2**60
UNIT = {"unit_id": "anna"}
AFFINITY = [0.3, 0.1, 0.2]


def inputs(of, affinity=AFFINITY, binary=None):
    n = len(affinity)
    features = np.zeros((n, 12), np.float32)
    features[:, 4] = affinity
    values = {
        "features": (features, "FP32"),
        "item_id": (np.arange(FIRST_ID, FIRST_ID + n, dtype=np.int64), "INT64"),
        "in_stock": (np.ones(n, np.bool_), "BOOL"),
    }
    tensors = []
    for name, (array, datatype) in values.items():
        tensor = of.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, **({} if binary is None else {"binary_data": binary}))
        tensors.append(tensor)
    return tensors


def answer(result):
    return {
        "items": [str(i) for i in result.as_numpy("item_id")],
        "scores": [round(float(s), 6) for s in result.as_numpy("score")],
    }


def refusal(error):
    return [str(error.status()), error.message()]


def refused(call):
    try:
        call()
    except InferenceServerException as error:
        return refusal(error)
    return None


async def refused_async(call):
    try:
        await call
    except InferenceServerException as error:
        return refusal(error)
    return None


def names(index):
    models = index.get("models", []) if isinstance(index, dict) else index
    return [[m["name"], m["version"], m["state"]] for m in models]


def by_grpc():
    client = grpc_client.InferenceServerClient(url=GRPC)
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for name in [ENDPOINT, "nowhere", ENDPOINT]:
        client.async_stream_infer(name, inputs(grpc_client), parameters=UNIT)
    streamed = [answers.get(timeout=60) for _ in range(3)]
    client.stop_stream()
    wished = [grpc_client.InferRequestedOutput("score")]
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready(ENDPOINT, "1"),
        "unknown_ready": client.is_model_ready("nowhere"),
        "index": names(client.get_model_repository_index(as_json=True)),
        "infer": answer(client.infer(ENDPOINT, inputs(grpc_client), parameters=UNIT)),
        "gzip": answer(client.infer(ENDPOINT, inputs(grpc_client), compression_algorithm="gzip")),
        "only": [o.name for o in client.infer(ENDPOINT, inputs(grpc_client), outputs=wished).get_response().outputs],
        "stream": [answer(r) if e is None else e.message() for r, e in streamed],
        "unknown": refused(lambda: client.infer("nowhere", inputs(grpc_client))),
    }


def by_http():
    client = http_client.InferenceServerClient(url=HTTP)
    plain = [http_client.InferRequestedOutput(n, binary_data=False) for n in ["item_id", "score"]]
    packed = {"request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"}
    wished = [http_client.InferRequestedOutput("score")]
    many = inputs(http_client, [0.001 * i for i in range(400)], binary=False)
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model_ready": client.is_model_ready(ENDPOINT, "1"),
        "unknown_ready": client.is_model_ready("nowhere"),
        "index": names(client.get_model_repository_index()),
        "infer": answer(client.infer(ENDPOINT, inputs(http_client), parameters=UNIT)),
        "json": answer(client.infer(ENDPOINT, inputs(http_client, binary=False), outputs=plain)),
        "gzip": answer(client.infer(ENDPOINT, inputs(http_client), **packed)),
        "many": len(client.infer(ENDPOINT, many, **packed).as_numpy("score")),
        "only": [o["name"] for o in client.infer(ENDPOINT, inputs(http_client), outputs=wished).get_response()["outputs"]],
        "async": answer(client.async_infer(ENDPOINT, inputs(http_client)).get_result()),
        "unknown": refused(lambda: client.infer("nowhere", inputs(http_client))),
    }


async def by_grpc_aio():
    async with grpc_aio.InferenceServerClient(url=GRPC) as client:

        async def requests():
            for name in [ENDPOINT, "nowhere", ENDPOINT]:
                yield {"model_name": name, "inputs": inputs(grpc_client), "parameters": UNIT}

        stream = client.stream_infer(requests())
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready(ENDPOINT, "1"),
            "unknown_ready": await client.is_model_ready("nowhere"),
            "index": names(await client.get_model_repository_index(as_json=True)),
            "infer": answer(await client.infer(ENDPOINT, inputs(grpc_client), parameters=UNIT)),
            "stream": [answer(r) if e is None else e.message() async for r, e in stream],
            "unknown": await refused_async(client.infer("nowhere", inputs(grpc_client))),
        }


async def by_http_aio():
    async with http_aio.InferenceServerClient(url=HTTP) as client:
        plain = [http_client.InferRequestedOutput(n, binary_data=False) for n in ["item_id", "score"]]
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready(ENDPOINT, "1"),
            "unknown_ready": await client.is_model_ready("nowhere"),
            "index": names(await client.get_model_repository_index()),
            "infer": answer(await client.infer(ENDPOINT, inputs(http_client), parameters=UNIT)),
            "json": answer(await client.infer(ENDPOINT, inputs(http_client, binary=False), outputs=plain)),
            "unknown": await refused_async(client.infer("nowhere", inputs(http_client))),
        }


print(
    json.dumps(
        {
            "grpc": by_grpc(),
            "http": by_http(),
            "grpc.aio": asyncio.run(by_grpc_aio()),
            "http.aio": asyncio.run(by_http_aio()),
        }
    )
)
