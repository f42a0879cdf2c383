"""Writes cases.json: requests of the statistics contract with replies computed by scipy and numpy, none of our code.

Run: pip install scipy==1.17.1 numpy==2.4.6; python3 test/reference/stats/make-cases.py > test/reference/stats/cases.json
"""

import json

import numpy as np
from scipy import optimize, special, stats

rng = np.random.default_rng(20261124)
CASES = []
TIGHT = {"*": {"rel": 1e-9, "abs": 1e-12}}


def case(method, name, request, expect, tolerance=None):
    """One request and what an independent computation answers."""
    CASES.append({
        "id": f"own/{method}/{name}",
        "method": method,
        "request": {"method": method, "version": 1, **request},
        "expect": expect,
        "tolerance": tolerance or TIGHT,
    })


def bad(method, name, request, code, field):
    case(method, name, request, {"error": {"code": code, "field": field}})


def draw(f, n, digits=4):
    return [round(float(x), digits) for x in f(n)]


def arm(values):
    return {"n": len(values), "mean": float(np.mean(values)), "variance": float(np.var(values, ddof=1))}


def welch(a, b, alpha, alternative="two-sided"):
    r = stats.ttest_ind(b, a, equal_var=False, alternative=alternative)
    ci = r.confidence_interval(1 - alpha)
    finite = lambda x: float(x) if np.isfinite(x) else None
    return {"effect": float(np.mean(b) - np.mean(a)), "t": float(r.statistic), "df": float(r.df), "p": float(r.pvalue),
            "lower": finite(ci.low), "upper": finite(ci.high)}


a = draw(lambda n: rng.normal(10, 2, n), 60)
b = draw(lambda n: rng.normal(10.8, 3, n), 45)
for alternative in ["two-sided", "greater", "less"]:
    case("mean-difference", alternative, {"control": {"values": a}, "treatment": {"values": b}, "alpha": 0.1, "alternative": alternative}, welch(a, b, 0.1, alternative))
case("mean-difference", "statistics", {"control": arm(a), "treatment": arm(b)}, welch(a, b, 0.05))
far = [x + 40 for x in a]
case("mean-difference", "tail", {"control": {"values": a}, "treatment": {"values": far}}, {"p": welch(a, far, 0.05)["p"]}, {"p": {"rel": 1e-9}})

d = welch(a, b, 0.05)
m0, m1, v0, v1, n0, n1 = np.mean(a), np.mean(b), np.var(a, ddof=1), np.var(b, ddof=1), len(a), len(b)
se = np.sqrt(v1 / (n1 * m0**2) + v0 * m1**2 / (n0 * m0**4))
q = stats.t.isf(0.025, d["df"])
case("relative-lift", "linear", {"control": arm(a), "treatment": arm(b)}, {"effect": m1 / m0 - 1, "se": se, "lower": m1 / m0 - 1 - q * se, "upper": m1 / m0 - 1 + q * se})
w = np.sqrt(v0 / (n0 * m0**2) + v1 / (n1 * m1**2)) * stats.norm.isf(0.025)
case("relative-lift", "log", {"control": arm(a), "treatment": arm(b), "scale": "log"}, {"effect": m1 / m0 - 1, "lower": m1 / m0 * np.exp(-w) - 1, "upper": m1 / m0 * np.exp(w) - 1})

for better, margin in [("higher", 0.5), ("lower", 2.0)]:
    shifted = [x + margin if better == "higher" else x - margin for x in b]
    r = stats.ttest_ind(shifted, a, equal_var=False, alternative="greater" if better == "higher" else "less")
    case("non-inferiority", better, {"control": {"values": a}, "treatment": {"values": b}, "margin": margin, "better": better}, {"t": float(r.statistic), "p": float(r.pvalue), "nonInferior": bool(r.pvalue < 0.05)})
    lower = stats.ttest_ind([x + margin for x in b], a, equal_var=False, alternative="greater").pvalue
    upper = stats.ttest_ind([x - margin for x in b], a, equal_var=False, alternative="less").pvalue
    case("equivalence", better, {"control": {"values": a}, "treatment": {"values": b}, "margin": margin}, {"pLower": float(lower), "pUpper": float(upper), "p": float(max(lower, upper)), "equivalent": bool(max(lower, upper) < 0.05)})


def ratio(num, den):
    n, m = np.mean(num), np.mean(den)
    c = np.cov(num, den, ddof=1)
    return n / m, (c[0, 0] / m**2 - 2 * c[0, 1] * n / m**3 + n**2 * c[1, 1] / m**4) / len(num)


den = [[float(x) for x in rng.poisson(4, 80) + 1], [float(x) for x in rng.poisson(4, 70) + 1]]
num = [[round(float(x * 0.5 + rng.normal(0, 1)), 4) for x in y] for y in den]
(r0, s0), (r1, s1) = ratio(num[0], den[0]), ratio(num[1], den[1])
case("ratio-metric", "absolute", {"control": {"numerator": num[0], "denominator": den[0]}, "treatment": {"numerator": num[1], "denominator": den[1]}}, {"effect": r1 - r0, "se": np.sqrt(s0 + s1), "controlRatio": r0, "treatmentRatio": r1})

x0, x1 = draw(lambda n: rng.normal(5, 2, n), 90), draw(lambda n: rng.normal(5, 2, n), 100)
y0 = [round(x + float(rng.normal(0, 1)), 4) for x in x0]
y1 = [round(x + 0.3 + float(rng.normal(0, 1)), 4) for x in x1]
c = np.cov(x0 + x1, y0 + y1, ddof=1)
theta = c[0, 1] / c[0, 0]
adjusted = welch([y - theta * x for x, y in zip(x0, y0)], [y - theta * x for x, y in zip(x1, y1)], 0.05)
case("cuped", "pooled", {"control": {"y": y0, "x": x0}, "treatment": {"y": y1, "x": x1}}, {"theta": theta, "effect": adjusted["effect"], "p": adjusted["p"], "lower": adjusted["lower"], "upper": adjusted["upper"]})

for kind, method in [("wilson", "wilson"), ("clopper-pearson", "exact")]:
    for s, n in [(0, 30), (7, 50), (480, 500), (20, 20)]:
        ci = stats.binomtest(s, n).proportion_ci(0.9, method=method)
        case("proportion-interval", f"{kind}-{s}-{n}", {"successes": s, "n": n, "alpha": 0.1, "interval": kind}, {"estimate": s / n, "lower": float(ci.low), "upper": float(ci.high)})

w0, w1 = (stats.binomtest(s, n).proportion_ci(0.95, method="wilson") for s, n in [(40, 400), (66, 420)])
p0, p1 = 40 / 400, 66 / 420
pool = 106 / 820
z = (p1 - p0) / np.sqrt(pool * (1 - pool) * (1 / 400 + 1 / 420))
case("proportion-difference", "newcombe", {"control": {"successes": 40, "n": 400}, "treatment": {"successes": 66, "n": 420}}, {"z": z, "p": 2 * stats.norm.sf(abs(z)), "lower": p1 - p0 - np.hypot(p1 - w1.low, w0.high - p0), "upper": p1 - p0 + np.hypot(w1.high - p1, p0 - w0.low)})

r = stats.chisquare([480, 530, 190], np.array([0.4, 0.4, 0.2]) * 1200)
case("srm", "three-arms", {"counts": [480, 530, 190], "weights": [0.4, 0.4, 0.2]}, {"chiSquare": float(r.statistic), "df": 2, "p": float(r.pvalue)})
table = [[30, 50, 20], [45, 40, 45]]
r = stats.chi2_contingency(table, correction=False)
case("chi-square", "table", {"reference": table[0], "current": table[1]}, {"chiSquare": float(r.statistic), "df": int(r.dof), "p": float(r.pvalue)})

ps = [0.001, 0.02, 0.03, 0.2, 0.9]
for procedure, method in [("benjamini-hochberg", "bh"), ("benjamini-yekutieli", "by")]:
    case("multiplicity", procedure, {"p": ps, "procedure": procedure}, {"adjusted": [float(x) for x in stats.false_discovery_control(ps, method=method)]})

totals, logs, best, running = np.zeros(2), [], 0.0, []
weights = np.array([0.5, 0.5])
looks = [[50, 61], [48, 70], [52, 75]]
for look in looks:
    totals += look
    value = sum(special.gammaln(100 * weights + totals) - special.gammaln(100 * weights) - totals * np.log(weights)) - special.gammaln(100 + totals.sum()) + special.gammaln(100)
    logs.append(float(value))
    best = max(best, value)
    running.append(float(np.exp(-best)))
case("srm-sequential", "drifting", {"looks": looks, "weights": [0.5, 0.5], "alpha": 0.1}, {"logE": logs, "p": running, "reject": bool(running[-1] <= 0.1)})

v, est, tau = 0.02, 0.31, 0.05
# E is the mean of the likelihood ratio over N(0, tau) effects: by quadrature here.
mean_ratio = np.trapezoid(*(lambda g: (np.exp(g * est / v - g * g / (2 * v)) * stats.norm.pdf(g, 0, np.sqrt(tau)), g))(np.linspace(-4, 4, 400001)))
case("msprt", "by-quadrature", {"looks": [{"estimate": est, "variance": v}], "mixingVariance": tau}, {"logE": [float(np.log(mean_ratio))]}, {"*": {"rel": 1e-8}})


def power(n0, n1, effect):
    shift, df = effect / np.sqrt(1 / n0 + 1 / n1), n0 + n1 - 2
    crit = stats.t.isf(0.025, df)
    return float(stats.nct.sf(crit, df, shift) + stats.nct.cdf(-crit, df, shift))


case("power-means", "power", {"solve": "power", "n": 60, "effect": 0.8, "sd": 2, "ratio": 1.5}, {"power": power(60, 90, 0.4)}, {"*": {"rel": 1e-8}})
case("power-means", "n", {"solve": "n", "power": 0.9, "effect": 0.8, "sd": 2}, {"nControl": float(optimize.brentq(lambda n: power(n, n, 0.4) - 0.9, 60, 200, xtol=1e-10))}, {"*": {"rel": 1e-7}})

u, t = draw(lambda n: rng.normal(0, 1, n), 40, 2), draw(lambda n: rng.normal(0.6, 1.2, n), 55, 2)
r = stats.ks_2samp(u, t, method="exact")
case("ks", "exact-with-ties", {"reference": u, "current": t, "mode": "exact"}, {"d": float(r.statistic), "p": float(r.pvalue)}, {"*": {"rel": 1e-8}})
for size, shift in [(150, 0.05), (400, 0.25), (3000, 0.03)]:
    u, t = draw(lambda n: rng.normal(0, 1, n), size, 3), draw(lambda n: rng.normal(shift, 1, n), size, 3)
    r = stats.ks_2samp(u, t, method="asymp")
    case("ks", f"asymptotic-{size}", {"reference": u, "current": t, "mode": "asymptotic"}, {"d": float(r.statistic), "p": float(r.pvalue)}, {"*": {"rel": 1e-6}})
case("wasserstein", "samples", {"reference": u[:50], "current": t[:70]}, {"distance": float(stats.wasserstein_distance(u[:50], t[:70]))})

# Synthetic control by a general optimiser.
donors = rng.normal(0, 1, (5, 30)).cumsum(axis=1)
treated = 0.6 * donors[1] + 0.4 * donors[3] + rng.normal(0, 0.2, 30)
treated, donors = np.round(treated, 4), np.round(donors, 4)
fit = optimize.minimize(lambda w: ((treated[:20] - w @ donors[:, :20]) ** 2).sum(), np.full(5, 0.2), jac=lambda w: -2 * donors[:, :20] @ (treated[:20] - w @ donors[:, :20]), bounds=[(0, 1)] * 5, constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(5)}, method="SLSQP", options={"ftol": 1e-16, "maxiter": 5000})
gap = treated - fit.x @ donors
case("synthetic-control", "slsqp", {"treated": treated.tolist(), "donors": donors.tolist(), "prePeriods": 20}, {"weights": fit.x.tolist(), "att": float(gap[20:].mean()), "preRmse": float(np.sqrt((gap[:20] ** 2).mean()))}, {"*": {"abs": 1e-4}})

# Two-way fixed effects with dummies, clustered.
units, times = np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8)
dose = ((units < 3) & (times >= 3)).astype(float)
y = np.round(units * 0.3 + times * 0.2 + dose + rng.normal(0, 0.5, 48), 4)
keep = np.arange(48) != 7  # an unbalanced panel
units, times, dose, y = units[keep], times[keep], dose[keep], y[keep]
X = np.column_stack([dose, np.eye(8)[units], np.eye(6)[times][:, 1:]])
beta = np.linalg.lstsq(X, y, rcond=None)[0]
res = y - X @ beta
bread = np.linalg.inv(X.T @ X)
meat = sum(np.outer(X[units == g].T @ res[units == g], X[units == g].T @ res[units == g]) for g in range(8))
N, K = len(y), 8 + 6
se = np.sqrt((bread @ meat @ bread)[0, 0] * 8 / 7 * (N - 1) / (N - K))
case("did", "dummies-unbalanced", {"y": y.tolist(), "unit": units.tolist(), "time": times.tolist(), "treated": dose.astype(int).tolist()}, {"effect": float(beta[0]), "se": float(se), "df": 7, "p": float(2 * stats.t.sf(abs(beta[0] / se), 7))})

level = 0.95
case("inventory", "plan", {"annualDemand": 1000, "orderCost": 20, "holdingCost": 0.5, "dailyDemand": 3, "dailyDemandSd": 1, "leadTimeDays": 9, "leadTimeSd": 2, "serviceLevel": level}, {"economicOrderQuantity": np.sqrt(80000), "safetyStock": stats.norm.ppf(level) * np.sqrt(9 + 36)})
case("histogram-distance", "plain", {"reference": [10, 20, 30], "current": [30, 20, 10]}, {"jensenShannonDistance": float(__import__("scipy.spatial.distance", fromlist=["x"]).jensenshannon([1, 2, 3], [3, 2, 1], 2)), "klCurrentReference": float(stats.entropy([3, 2, 1], [1, 2, 3]))})

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

print(json.dumps({"cases": CASES}, default=float))
