"""Drives a model server with KServe's unchanged clients, REST and gRPC; prints what each got as one JSON object.

Arguments: host:port of gRPC, URL of REST, endpoint.
"""

import asyncio
import json
import sys

import grpc
import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

GRPC, REST, ENDPOINT = sys.argv[1:4]
FIRST_ID = 2**60
AFFINITY = [0.3, 0.1, 0.2]


def request(binary, name=ENDPOINT, outputs=None, parameters=None):
    n = len(AFFINITY)
    features = np.zeros((n, 12), np.float32)
    features[:, 4] = AFFINITY
    values = {
        "features": (features, "FP32"),
        "item_id": (np.arange(FIRST_ID, FIRST_ID + n, dtype=np.int64), "INT64"),
        "in_stock": (np.ones(n, np.bool_), "BOOL"),
    }
    tensors = []
    for tensor_name, (array, datatype) in values.items():
        tensor = InferInput(tensor_name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        tensors.append(tensor)
    return InferRequest(name, tensors, request_id="q-7", request_outputs=outputs, parameters=parameters)


def answer(response):
    return {
        "id": response.id,
        "model": response.model_name,
        "items": [str(i) for i in response.get_output_by_name("item_id").as_numpy()],
        "scores": [round(float(s), 6) for s in response.get_output_by_name("score").as_numpy()],
    }


async def by_rest():
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    wished = [RequestedOutput(n, parameters={"binary_data": True}) for n in ["item_id", "score"]]
    try:
        await client.infer(REST, request(False, "nowhere"), model_name="nowhere")
        unknown = None
    except httpx.HTTPStatusError as error:
        unknown = [error.response.status_code, error.response.json()["code"]]
    facts = {
        "live": await client.is_server_live(REST),
        "ready": await client.is_server_ready(REST),
        "model_ready": await client.is_model_ready(REST, ENDPOINT),
        "unknown_ready": await client.is_model_ready(REST, "nowhere"),
        "json": answer(await client.infer(REST, request(False), model_name=ENDPOINT)),
        "binary": answer(await client.infer(REST, request(True, outputs=wished), model_name=ENDPOINT)),
        "parameters": answer(
            await client.infer(REST, request(True, parameters={"binary_data_output": True}), model_name=ENDPOINT)
        ),
        "unknown": unknown,
    }
    await client.close()
    return facts


async def by_grpc():
    async with InferenceGRPCClient(GRPC) as client:
        try:
            await client.infer(request(True, "nowhere"))
            unknown = None
        except grpc.RpcError as error:
            unknown = error.code().name
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready(ENDPOINT),
            "unknown_ready": await client.is_model_ready("nowhere"),
            "typed": answer(await client.infer(request(False))),
            "raw": answer(await client.infer(request(True))),
            "unknown": unknown,
        }


async def main():
    print(json.dumps({"rest": await by_rest(), "grpc": await by_grpc()}))


asyncio.run(main())
