# pip install 'tritonclient[grpc]' && python client/quickstarts/quickstart.py HOST:PORT
import json
import sys

import numpy as np
import tritonclient.grpc as triton

client = triton.InferenceServerClient(sys.argv[1])
row = {
    "context": np.array([[1.9, 0, 0, 0.5, 0, 1, 10]], np.float32),
    "reference_price_cents": np.array([200], np.float32),
    "cost_cents": np.array([120], np.float32),
}
inputs = []
for name, values in row.items():
    inputs.append(triton.InferInput(name, list(values.shape), "FP32"))
    inputs[-1].set_data_from_numpy(values)
answer = client.infer("shelf-price", inputs, parameters={"unit_id": "anna"}, client_timeout=5)
arm = answer.get_response().parameters["arm"].string_param
print(json.dumps({"price": float(answer.as_numpy("price_cents")[0]), "arm": arm}))
