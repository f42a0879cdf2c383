"""Drift, calibration, forecasts."""

from families.quasi_experiments import *  # samples of the families before are used again

M, Nn = rng.normal(0, 1, (9, 2)).round(3), rng.normal(0.5, 1, (7, 2)).round(3)
k = lambda p, q: np.exp(-((p[:, None] - q[None]) ** 2).sum(-1) / 2)
case("mmd", "numpy", {"reference": M.tolist(), "current": Nn.tolist(), "bandwidth": 1}, {"mmdSquared": float((k(M, M).sum() - 9) / 72 + (k(Nn, Nn).sum() - 7) / 42 - 2 * k(M, Nn).mean())})
jump = [0.0] * 40 + [5.0] * 20


def page_hinkley(values, threshold, delta):
    n, mean, up, low, down, top, alarms = 0, 0.0, 0.0, np.inf, 0.0, -1.0, []
    for i, x in enumerate(values):
        n += 1
        mean += (x - mean) / n
        up, down = 0.9999 * up + x - mean - delta, 0.9999 * down + x - mean + delta
        low, top = min(low, up), max(top, down)
        if n >= 30 and (up - low > threshold or top - down > threshold):
            alarms.append(i)
            n, mean, up, low, down, top = 0, 0.0, 0.0, np.inf, 0.0, -1.0
    return alarms


case("page-hinkley", "jump", {"values": jump, "threshold": 10, "delta": 0.1}, {"alarms": page_hinkley(jump, 10, 0.1)})
case("cusum", "jump", {"values": [0.0] * 40 + [1.0] * 5, "delta": 0.0, "threshold": 2.5, "minInstances": 30}, {"alarms": [42]})
from river import drift

detector, alarms = drift.ADWIN(), []
stream = [float(x) for x in rng.integers(0, 2, 300)] + [float(x > 0.2) for x in rng.uniform(0, 1, 300)]
for i, x in enumerate(stream):
    detector.update(x)
    if detector.drift_detected:
        alarms.append(i)
assert alarms, "the stream must raise an alarm, or the case shows nothing"
case("adwin", "river", {"values": stream}, {"alarms": alarms, "width": int(detector.width), "mean": float(detector.estimation)})
cp, cl = [0.05, 0.15, 0.35, 0.85, 0.95], [0, 0, 1, 1, 1]
case("calibration", "by-hand", {"probability": cp, "label": cl, "bins": 5}, {"ece": (0.2 + 0.65 + 0.2) / 5, "mce": 0.65, "brier": float(np.mean((np.array(cp) - cl) ** 2)), "counts": [2, 1, 0, 0, 2]})
res = [0.1 * i for i in range(1, 31)]
case("conformal-interval", "rank", {"calibration": {"actual": res, "predicted": [0] * 30}, "test": {"actual": [1, 2.85, -3], "predicted": [0, 0, 0]}, "level": 0.9}, {"radius": res[27], "coverage": 1 / 3})
case("forecast-quality", "by-hand", {"actual": [10, 12, 8], "forecast": [11, 12, 6], "history": [5, 7, 6, 9], "lower": [9, 13, 5], "upper": [12, 14, 9], "level": 0.8}, {"mae": 1, "rmse": np.sqrt(5 / 3), "wape": 0.1, "mase": 1 / 2, "rmsse": np.sqrt(5 / 3) / np.sqrt(14 / 3), "coverage": 2 / 3, "winkler": (3 + 1 + 10 + 4) / 3, "pinballLower": (0.1 * 1 + 0.9 * 1 + 0.1 * 3) / 3, "pinballUpper": (0.1 * 2 + 0.1 * 2 + 0.1 * 1) / 3})
