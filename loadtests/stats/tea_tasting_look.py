"""The same look by tea-tasting on DuckDB: python tea_tasting_look.py, a JSON object on stdin: sql, metrics, threads."""

import json
import resource
import sys
import time

import ibis
import tea_tasting as tt

asked = json.load(sys.stdin)
started = time.perf_counter()
connection = ibis.duckdb.connect(threads=asked["threads"])
table = connection.sql(asked["sql"])
metrics = {
    m["name"]: tt.RatioOfMeans(m["value"], m["denominator"])
    if "denominator" in m
    else tt.Mean(m["value"], m["covariate"])
    for m in asked["metrics"]
}
result = tt.Experiment(metrics, variant="arm").analyze(table, control="control")
effects = [
    [r.effect_size, r.effect_size_ci_lower, r.effect_size_ci_upper]
    for r in (result[m["name"]] for m in asked["metrics"])
]
took = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "ms": 1000 * took,
            "cpuMs": 1000 * (used.ru_utime + used.ru_stime),
            "peakMiB": used.ru_maxrss / 1024,
            "effects": effects,
        }
    )
)
