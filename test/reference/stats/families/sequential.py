"""Sequential methods."""

from families.fixed_horizon_more import *  # samples of the families before are used again

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
