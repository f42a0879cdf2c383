"""One request a refusal code."""

from families.monitoring import *  # samples of the families before are used again

good = {"control": arm(a), "treatment": arm(b)}
bad("mean-difference", "missing", {"control": arm(a)}, "missing-field", "treatment")
bad("mean-difference", "missing-inside", {"control": {"n": 3, "mean": 1}, "treatment": arm(b)}, "missing-field", "control.variance")
bad("mean-difference", "type-before-range", {"control": {**arm(a), "variance": -1}, "treatment": {**arm(b), "mean": "x"}}, "wrong-type", "treatment.mean")
bad("mean-difference", "hole", {"control": {"values": [1, None, 2]}, "treatment": arm(b)}, "not-finite", "control.values[1]")
bad("mean-difference", "few", {**good, "control": {**arm(a), "n": 1}}, "too-few", "control.n")
bad("mean-difference", "none", {**good, "control": {"values": []}}, "empty", "control.values")
bad("mean-difference", "constant", {"control": {"values": [2, 2]}, "treatment": {"values": [3, 3]}}, "constant", "control.values")
bad("mean-difference", "alpha", {**good, "alpha": 1}, "out-of-range", "alpha")
bad("relative-lift", "zero", {**good, "control": {"n": 9, "mean": 0, "variance": 1}}, "zero-denominator", "control.mean")
bad("srm", "sum", {"counts": [1, 2], "weights": [0.5, 0.6]}, "sum-not-one", "weights")
bad("srm", "lengths", {"counts": [1, 2], "weights": [0.2, 0.3, 0.5]}, "length-mismatch", "weights")
bad("did", "twice", {"y": [1, 2, 3, 4], "unit": [1, 1, 2, 2], "time": [1, 1, 1, 2], "treated": [0, 1, 0, 0]}, "duplicate", "time[1]")
bad("off-policy", "overlap", {"reward": [1, 0], "action": [0, 0], "loggingPropensity": [0.5, 0.5], "targetProbabilities": [[0, 1], [0, 1]]}, "no-overlap", "targetProbabilities")
bad("no-such-method", "name", {}, "unknown-method", "method")
bad("srm", "version", {"version": 2}, "unsupported-version", "version")
