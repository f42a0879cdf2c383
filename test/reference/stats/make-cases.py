"""Writes cases.json: requests of the statistics contract with replies computed by scipy, numpy and river, none of our code.

Run: pip install scipy==1.17.1 numpy==2.4.6 river==0.26.1; python3 test/reference/stats/make-cases.py > test/reference/stats/cases.json
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

# What follows is one case a method for the rest of the contract, each by the shortest independent route.
panel_y = y
sample = sorted(draw(lambda n: rng.exponential(3, n), 61))
binom = stats.binom(61, 0.4)
low = max(k for k in range(62) if binom.cdf(k - 1) <= 0.05)
high = min(k for k in range(62) if binom.sf(k - 1) <= 0.05)
case("quantile-interval", "binomial", {"values": sample, "q": 0.4, "alpha": 0.1}, {"estimate": float(np.quantile(sample, 0.4)), "lower": sample[low - 1], "upper": sample[high - 1]})


def quantile_arm(values, q):
    z = stats.norm.ppf(0.975)
    d = z * np.sqrt(q * (1 - q) / len(values))
    width = np.quantile(values, min(1, q + d)) - np.quantile(values, max(0, q - d))
    return np.quantile(values, q), (len(values) - 1) * (width / (2 * z)) ** 2 / len(values)


(qa, sa), (qb, sb) = quantile_arm(a, 0.6), quantile_arm(b, 0.6)
case("quantile-difference", "q60", {"control": {"values": a}, "treatment": {"values": b}, "q": 0.6}, {"control": qa, "treatment": qb, "se": np.sqrt(sa + sb)})

gx = np.repeat(np.arange(12), 5)
gd = (gx % 2).astype(float)
gy = np.round(gd * 0.5 + rng.normal(0, 1, 12)[gx] + rng.normal(0, 1, 60), 4)
GX = np.column_stack([np.ones(60), gd])
gb = np.linalg.lstsq(GX, gy, rcond=None)[0]
gr = gy - GX @ gb
bread = np.linalg.inv(GX.T @ GX)
meat = sum(np.outer(GX[gx == g].T @ gr[gx == g], GX[gx == g].T @ gr[gx == g]) for g in range(12))
se = np.sqrt((bread @ meat @ bread)[1, 1] * 12 / 11 * 59 / 58)
case("cluster-mean-difference", "matrix", {"y": gy.tolist(), "treated": gd.astype(int).tolist(), "cluster": gx.tolist()}, {"effect": float(gb[1]), "se": float(se), "df": 11, "p": float(2 * stats.t.sf(abs(gb[1] / se), 11)), "clusters": 12})

zc, zb = stats.norm.isf(0.025), stats.norm.isf(0.1)
case("power-proportions", "formula", {"solve": "n", "control": 0.1, "treatment": 0.13, "power": 0.9}, {"nControl": ((zc * np.sqrt(2 * 0.115 * 0.885) + zb * np.sqrt(0.1 * 0.9 + 0.13 * 0.87)) / 0.03) ** 2})
me, mv = np.array([0.2, 0.5, -0.1, 0.4]), np.array([0.01, 0.02, 0.015, 0.03])
mw = 1 / mv
mf = (mw * me).sum() / mw.sum()
mq = (mw * (me - mf) ** 2).sum()
mt = (mq - 3) / (mw.sum() - (mw**2).sum() / mw.sum())
mr = 1 / (mv + mt)
case("meta-analysis", "heterogeneous", {"effect": me.tolist(), "variance": mv.tolist()}, {"fixedEffect": mf, "fixedSe": mw.sum() ** -0.5, "q": mq, "tau2": mt, "randomEffect": (mr * me).sum() / mr.sum(), "randomSe": mr.sum() ** -0.5})

# Sequential.
rho2 = (-2 * np.log(0.05) + np.log(1 - 2 * np.log(0.05))) / 5000
var = np.var(a, ddof=1) / 60 + np.var(b, ddof=1) / 45
half = np.sqrt(105 * var) * np.sqrt(2 * (105 * rho2 + 1) / (105**2 * rho2) * np.log(np.sqrt(105 * rho2 + 1) / 0.05))
case("asymptotic-cs", "formula", {"control": {"values": a}, "treatment": {"values": b}}, {"effect": d["effect"], "lower": d["effect"] - half, "upper": d["effect"] + half})
g = lambda q: special.betaln(0.5 + 30, 0.5 + 70) - special.betaln(0.5, 0.5) - 30 * np.log(q) - 70 * np.log1p(-q) - np.log(20)
case("bernoulli-cs", "roots", {"successes": 30, "n": 100, "prior": [0.5, 0.5]}, {"lower": optimize.brentq(g, 1e-9, 0.3, xtol=1e-15), "upper": optimize.brentq(g, 0.3, 1 - 1e-9, xtol=1e-15)})
beta = lambda p, q, x, y: special.betaln(p + x, q + y) - special.betaln(p, q)
case("e-value-poisson", "two-looks", {"control": {"counts": [20, 25], "exposure": 2}, "treatment": {"counts": [30, 45], "exposure": 2}}, {"logE": [float(beta(50, 50, x, y) - (x + y) * np.log(0.5)) for x, y in [(30, 20), (75, 45)]], "rateRatio": 75 / 45})
xs = draw(lambda n: rng.beta(3, 5, n), 120)
m, total, sq, var2, log1, lam = 0.5, 0.5, 0.25, 0.25, None, []
for t, x in enumerate(xs, 1):
    lam.append(np.sqrt(2 * np.log(2 / 0.05) / (t * np.log1p(t) * var2)))
    total += x
    sq += (x - total / (t + 1)) ** 2
    var2 = sq / (t + 1)
xs_, lam = np.array(xs), np.array(lam)
up = lambda m: np.log1p(np.minimum(lam, 1 / (2 * m)) * (xs_ - m)).sum() - np.log(40)
dn = lambda m: np.log1p(-np.minimum(lam, 1 / (2 * (1 - m))) * (xs_ - m)).sum() - np.log(40)
case("bounded-mean-cs", "betting", {"values": xs, "range": [0, 1], "kind": "betting", "at": [120]}, {"lower": [optimize.brentq(up, 1e-6, 1 - 1e-6, xtol=1e-14)], "upper": [optimize.brentq(dn, 1e-6, 1 - 1e-6, xtol=1e-14)]})
law = lambda x, p: x * np.log(p) + (1 - x) * np.log(1 - p)
blocks, s, e = [[0, 1], [1, 1], [0, 1], [0, 0]], [0, 0], 0.0
for t, (x, y) in enumerate(blocks):
    p0, p1 = (0.5 + s[0]) / (1 + t), (0.5 + s[1]) / (1 + t)
    e += law(x, p0) + law(y, p1) - law(x, (p0 + p1) / 2) - law(y, (p0 + p1) / 2)
    s = [s[0] + x, s[1] + y]
case("e-value-bernoulli", "by-hand", {"blocks": blocks, "size": [1, 1], "prior": [0.5, 0.5], "at": [4]}, {"logE": [float(e)]})
f1 = 2 * stats.norm.sf(stats.norm.isf(0.0125) / np.sqrt(0.5))
c1 = stats.norm.isf(f1)
both = lambda c: stats.multivariate_normal.cdf([c1, c], cov=[[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]], abseps=1e-12, releps=1e-12)
case("group-sequential", "two-looks", {"information": [0.5, 1], "alpha": 0.025, "sides": 1, "spending": "obrien-fleming"}, {"bounds": [float(c1), float(optimize.brentq(lambda c: both(c) - 0.975, 1, 3, xtol=1e-10))], "alphaSpent": [float(f1), 0.025]}, {"*": {"abs": 1e-6}})
qs = draw(lambda n: rng.normal(0, 1, n), 400)


def stitch(c):
    eta = np.exp(np.geomspace(1e-6, 2, 200001))
    root = 0.85 - np.sqrt(2 * (eta - 1) / c)
    g2 = 2 / eta * root**2
    with np.errstate(all="ignore"):
        v = np.where((root > 0) & (g2 > 1), 4 * np.exp(-g2 * c) * (1 + 1 / ((g2 - 1) * np.log(eta))), np.inf)
    return v.min()


C = optimize.brentq(lambda c: min(stitch(c), 1e3) - 0.05, 4, 30, xtol=1e-12)
u = 0.85 * np.sqrt((np.log(1 + np.log(400 / 32)) + C) / 400)
case("quantile-cs", "median", {"values": qs, "q": 0.5}, {"radius": u, "lower": sorted(qs)[int(np.ceil(400 * (0.5 - u))) - 1], "upper": sorted(qs)[int(np.floor(400 * (0.5 + u)))]}, {"*": {"rel": 1e-8}})

# Bayesian and bandits.
from scipy.integrate import quad

ba, bb = stats.beta(13, 39), stats.beta(21, 41)
pb = quad(lambda x: bb.pdf(x) * ba.cdf(x), 0, 1, epsabs=1e-13)[0]
top = quad(lambda x: 1 - ba.cdf(x) * bb.cdf(x), 0, 1, epsabs=1e-13)[0]
case("beta-binomial", "quad", {"arms": [{"successes": 12, "n": 50}, {"successes": 20, "n": 60}]}, {"mean": [ba.mean(), bb.mean()], "lower": [ba.ppf(0.025), bb.ppf(0.025)], "upper": [ba.ppf(0.975), bb.ppf(0.975)], "probabilityBest": [1 - pb, pb], "expectedLoss": [top - ba.mean(), top - bb.mean()]})
p2 = stats.norm.sf((0.1 - 0.5) / np.hypot(1, 0.7))
case("thompson-probabilities", "two", {"posteriors": [{"mean": 0.1, "sd": 1}, {"mean": 0.5, "sd": 0.7}], "floor": 0.1}, {"probabilityBest": [1 - p2, p2], "allocation": [0.1 + 0.8 * (1 - p2), 0.1 + 0.8 * p2]})
v = np.var(a, ddof=1) / 60 + np.var(b, ddof=1) / 45
post = stats.norm(d["effect"], np.sqrt(v))
case("normal-posterior", "flat", {**{"control": {"values": a}, "treatment": {"values": b}}, "prior": None}, {"mean": d["effect"], "sd": np.sqrt(v), "lower": post.ppf(0.025), "upper": post.ppf(0.975), "probabilityBetter": post.sf(0), "lossControl": quad(lambda x: x * post.pdf(x), 0, 10, epsabs=1e-13)[0], "lossTreatment": quad(lambda x: -x * post.pdf(x), -10, 0, epsabs=1e-13)[0]})
X, Y = np.round(rng.normal(0, 1, (20, 2)), 3), np.round(rng.normal(0, 1, 20), 3)
S = np.linalg.inv(2 * np.eye(2) + 0.5 * X.T @ X)
mm = 0.5 * S @ X.T @ Y
case("bayes-linear", "matrix", {"x": X.tolist(), "y": Y.tolist(), "priorPrecision": 2, "noisePrecision": 0.5, "probe": [[1, -1]]}, {"coefficients": mm.tolist(), "predictiveMean": [float(mm[0] - mm[1])], "predictiveSd": [float(np.sqrt(2 + np.array([1, -1]) @ S @ np.array([1, -1])))]})
act = [i % 2 for i in range(20)]
theta = [np.linalg.solve(np.eye(2) + X[k::2].T @ X[k::2], X[k::2].T @ Y[k::2]) for k in (0, 1)]
score = [float(theta[k].sum() + 0.3 * np.sqrt(np.ones(2) @ np.linalg.solve(np.eye(2) + X[k::2].T @ X[k::2], np.ones(2)))) for k in (0, 1)]
case("linucb", "matrix", {"x": X.tolist(), "action": act, "reward": Y.tolist(), "arms": 2, "width": 0.3, "probe": [1, 1]}, {"theta": [t.tolist() for t in theta], "score": score, "choice": int(np.argmax(score))})
T, Q = rng.dirichlet([1, 1, 1], 30).round(6), rng.uniform(0, 1, (30, 3)).round(4)
T[:, 2] = 1 - T[:, 0] - T[:, 1]
A, R, P = rng.integers(0, 3, 30), rng.integers(0, 2, 30), rng.uniform(0.2, 0.8, 30).round(4)
W = T[np.arange(30), A] / P
case("off-policy", "numpy", {"reward": R.tolist(), "action": A.tolist(), "loggingPropensity": P.tolist(), "targetProbabilities": T.tolist(), "predictedReward": Q.tolist()}, {"ips": (W * R).mean(), "snips": (W * R).sum() / W.sum(), "ipsSe": stats.sem(W * R), "effectiveSampleSize": W.sum() ** 2 / (W**2).sum(), "maxWeight": W.max(), "meanWeight": W.mean(), "dm": (T * Q).sum(1).mean(), "dr": (T * Q).sum(1).mean() + (W * (R - Q[np.arange(30), A])).mean()})

# Quasi-experiments.
from itertools import combinations, product


def simplex(target, pool):
    n = len(pool)
    return optimize.minimize(lambda w: ((target - w @ pool) ** 2).sum(), np.full(n, 1 / n), jac=lambda w: -2 * pool @ (target - w @ pool), bounds=[(0, 1)] * n, constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(n)}, method="SLSQP", options={"ftol": 1e-16, "maxiter": 5000}).x


Xc = (donors[:, :20] - donors[:, :20].mean(0)).T
x1 = treated[:20] - donors[:, :20].mean(0)
wa = fit.x + Xc.T @ np.linalg.solve(Xc @ Xc.T + 3 * np.eye(20), x1 - Xc @ fit.x)
case("augmented-synthetic-control", "matrix", {"treated": treated.tolist(), "donors": donors.tolist(), "prePeriods": 20, "lambda": 3}, {"weights": wa.tolist(), "att": float((treated - wa @ donors)[20:].mean())}, {"*": {"abs": 1e-4}})
panel = np.vstack([treated, donors])
ratios = []
for i in range(6):
    pool = np.delete(panel, sorted({0, i}), 0)
    gap = panel[i] - simplex(panel[i, :20], pool[:, :20]) @ pool
    ratios.append(float(np.sqrt((gap[20:] ** 2).mean() / (gap[:20] ** 2).mean())))
case("placebo-test", "slsqp", {"outcomes": panel.tolist(), "treated": 0, "prePeriods": 20}, {"ratios": ratios, "p": sum(r >= ratios[0] for r in ratios) / 6}, {"ratios": {"rel": 1e-3}, "p": {"abs": 1e-12}})
shifted = treated - np.r_[np.zeros(20), np.full(10, 0.4)]
hat = np.abs(shifted - simplex(shifted, donors) @ donors)
case("conformal-test", "slsqp", {"treated": treated.tolist(), "donors": donors.tolist(), "prePeriods": 20, "effect": 0.4}, {"p": float(np.mean([np.roll(hat, -k)[20:].sum() >= hat[20:].sum() - 1e-9 for k in range(30)]))}, {"p": {"abs": 1e-12}})


def ridge(target, pool, zeta):
    target, pool = target - target.mean(), pool - pool.mean(1, keepdims=True)
    n = len(pool)
    return optimize.minimize(lambda w: ((target - w @ pool) ** 2).mean() + zeta**2 * (w @ w), np.full(n, 1 / n), jac=lambda w: -2 * pool @ (target - w @ pool) / len(target) + 2 * zeta**2 * w, bounds=[(0, 1)] * n, constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(n)}, method="SLSQP", options={"ftol": 1e-16, "maxiter": 5000}).x


co, tr = panel[1:, :], panel[:1, :]
sigma = np.diff(co[:, :20], axis=1).std(ddof=1)
om = ridge(tr[0, :20], co[:, :20], (1 * 10) ** 0.25 * sigma)
la = ridge(co[:, 20:].mean(1), co[:, :20].T, 1e-6 * sigma)
case("synthetic-did", "slsqp", {"outcomes": np.vstack([co, tr]).tolist(), "controls": 5, "prePeriods": 20}, {"unitWeights": om.tolist(), "didEstimate": float(tr[0, 20:].mean() - tr[0, :20].mean() - co[:, 20:].mean() + co[:, :20].mean())}, {"*": {"abs": 1e-4}})
first = np.where(units < 3, 3, 0)
event = np.where(first > 0, times - first, -99)
ev = [-3, -2, 0, 1, 2]
EX = np.column_stack([*[(event == k).astype(float) for k in ev], np.eye(8)[units], np.eye(6)[times][:, 1:]])
eb = np.linalg.lstsq(EX, panel_y, rcond=None)[0]
er = panel_y - EX @ eb
bread = np.linalg.inv(EX.T @ EX)
meat = sum(np.outer(EX[units == g].T @ er[units == g], EX[units == g].T @ er[units == g]) for g in range(8))
es = np.sqrt(np.diag(bread @ meat @ bread)[:5] * 8 / 7 * (len(panel_y) - 1) / (len(panel_y) - (8 + 6 - 1 + 5)))
case("event-study", "dummies", {"y": panel_y.tolist(), "unit": units.tolist(), "time": times.tolist(), "firstTreated": first.tolist()}, {"eventTime": ev, "effect": eb[:5].tolist(), "se": es.tolist()})
cy = np.round(rng.normal(0, 1, (6, 3)).cumsum(1), 4)
ct = lambda t, base: (cy[:2, t] - cy[:2, base]).mean() - (cy[2:, t] - cy[2:, base]).mean()
spread = lambda t, base: np.sqrt(sum((q - q.mean()).dot(q - q.mean()) / len(q) ** 2 for q in (cy[:2, t] - cy[:2, base], cy[2:, t] - cy[2:, base])))
case("callaway-santanna", "one-cohort", {"y": cy.ravel().tolist(), "unit": np.repeat(np.arange(6), 3).tolist(), "time": np.tile([1, 2, 3], 6).tolist(), "firstTreated": np.repeat([2, 2, 0, 0, 0, 0], 3).tolist(), "controlGroup": "never-treated"}, {"group": [2, 2], "time": [2, 3], "effect": [ct(1, 0), ct(2, 0)], "se": [spread(1, 0), spread(2, 0)], "overall": (ct(1, 0) + ct(2, 0)) / 2})
small = [1.2, 3.4, 2.2, 5.0], [4.1, 3.9, 6.0]
pool = [*small[0], *small[1]]
diffs = [np.mean([pool[i] for i in c]) - np.mean([pool[i] for i in range(7) if i not in c]) for c in combinations(range(7), 3)]
obs = np.mean(small[1]) - np.mean(small[0])
case("permutation-test", "all-splits", {"control": small[0], "treatment": small[1]}, {"effect": obs, "p": float(np.mean(np.abs(diffs) >= abs(obs) - 1e-12)), "assignments": 35})
pairs = np.array([0.4, -0.1, 0.8, 0.3])
flips = [abs(np.dot(s, pairs)) for s in product([1, -1], repeat=4)]
r = stats.ttest_1samp(pairs, 0)
case("geo-did", "four-pairs", {"control": [[0, 0]] * 4, "treatment": [[0, float(x)] for x in pairs], "prePeriods": 1}, {"effect": 0.35, "p": float(np.mean(np.array(flips) >= 1.4 - 1e-12)), "tP": float(r.pvalue), "lower": float(r.confidence_interval().low), "assignments": 16})
out, arms_, L, B = [3.0, 4, 2, 5, 6, 1], [1, 0, 1], 2, 1


def switch(assignment):
    total = 0
    for t in range(B, 6):
        touched = [assignment[k] for k in sorted({s // L for s in range(t - B, t + 1)})]
        total += out[t] * (all(touched) / 0.5 ** len(touched) - (not any(touched)) / 0.5 ** len(touched))
    return total / (6 - B)


effects = [switch(x) for x in product([0, 1], repeat=3)]
case("switchback", "three-blocks", {"outcomes": out, "blockArms": arms_, "blockLength": L, "burnIn": B, "treatmentProbability": 0.5}, {"effect": switch(arms_), "p": float(np.mean(np.abs(effects) >= abs(switch(arms_)) - 1e-9)), "assignments": 8})

# Monitoring.
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
