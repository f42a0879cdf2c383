"""Writes assignment.json: positions computed by Python's hashlib, independent of the TypeScript implementation.

Run: python3 test/reference/assignment/make.py > test/reference/assignment/assignment.json
"""

import hashlib
import json

SALTS = ["rollout/r-1", "layer/home", "experiment/exp-1", "experiment/日本"]
UNITS = ["", "u1", "user-42", "a:b", "ümläut", "東京", "😀", "x" * 55, "x" * 56, "x" * 200]


def int48(salt: str, unit: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt}:{unit}".encode()).digest()[:6], "big")


vectors = [{"salt": s, "unit": u, "int48": int48(s, u)} for s in SALTS for u in UNITS]
print(json.dumps({"definition": "int48(first 6 bytes, big endian, of SHA-256(utf8(salt:unit)))", "vectors": vectors}, indent=1, ensure_ascii=False))
