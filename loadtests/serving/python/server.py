"""The same answer as naive-server.ts, by hand in Python: grpc.aio and ONNX Runtime with one thread, one model, nothing else.
python server.py MODEL.onnx READY.json"""

import asyncio
import json
import os
import signal
import sys

import grpc
import numpy as np
import onnxruntime as ort
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc as pb_grpc

GRID = np.asarray([0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2])


class Servicer(pb_grpc.GRPCInferenceServiceServicer):
    def __init__(self, model):
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    async def ModelInfer(self, request, context):
        raw = [np.frombuffer(b, np.float32) for b in request.raw_input_contents]
        reference, cost = raw[1].astype(np.float64), raw[2].astype(np.float64)
        rows, grid = len(reference), len(GRID)
        prices = reference[:, None] * GRID
        features = np.empty((rows, grid, 8), np.float32)
        features[:, :, 0] = prices / 100
        features[:, :, 1:] = raw[0].reshape(rows, 1, 7)
        probability = self.session.run(None, {"features": features.reshape(-1, 8)})[0].reshape(rows, grid)
        best = (probability.astype(np.float64) * (prices - cost[:, None])).argmax(axis=1)
        at = np.arange(rows)
        response = pb.ModelInferResponse(model_name=request.model_name, model_version="1", id=request.id)
        for name in ("price_cents", "purchase_probability"):
            response.outputs.add(name=name, datatype="FP32", shape=[rows])
        response.raw_output_contents.append(prices[at, best].astype(np.float32).tobytes())
        response.raw_output_contents.append(probability[at, best].tobytes())
        return response


async def main(model, ready):
    server = grpc.aio.server()
    pb_grpc.add_GRPCInferenceServiceServicer_to_server(Servicer(model), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    with open(f"{ready}.new", "w") as file:
        json.dump({"grpc": f"127.0.0.1:{port}"}, file)
    os.replace(f"{ready}.new", ready)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(1)


asyncio.run(main(sys.argv[1], sys.argv[2]))
