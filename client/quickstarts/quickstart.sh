#!/bin/sh
# sh client/quickstarts/quickstart.sh http://HOST:PORT
curl -fsS --max-time 5 "$1/v2/models/shelf-price/infer" -d '{
  "parameters": {"unit_id": "anna"},
  "inputs": [
    {"name": "context", "datatype": "FP32", "shape": [1, 7], "data": [1.9, 0, 0, 0.5, 0, 1, 10]},
    {"name": "reference_price_cents", "datatype": "FP32", "shape": [1], "data": [200]},
    {"name": "cost_cents", "datatype": "FP32", "shape": [1], "data": [120]}
  ]
}'
