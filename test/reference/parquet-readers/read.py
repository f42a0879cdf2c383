"""What pyarrow and polars read from a Parquet file, as one JSON line each: bytes as hex, maps as objects
(pyarrow gives pairs, polars dictionaries).
python read.py FILE.parquet"""

import json
import sys

import polars
import pyarrow.parquet


MAPS = {"served", "metrics", "labels"}


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    return [plain(one) for one in value] if isinstance(value, list) else value


def rows(table):
    return [{name: dict(value) if name in MAPS else plain(value) for name, value in row.items()} for row in table]


file = sys.argv[1]
print(json.dumps(rows(pyarrow.parquet.read_table(file, partitioning=None).to_pylist())))
print(json.dumps(rows(polars.read_parquet(file, hive_partitioning=False).to_dicts())))
