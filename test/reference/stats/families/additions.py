"""Methods beyond the contract's 54, by statsmodels, scipy and plain numpy; drawn from a seed of their own."""

import numpy as np
import statsmodels.api as sm
from families.common import bad, case
from families.quasi_experiments import co, om, ridge, sigma, tr
from scipy import optimize, stats

rng = np.random.default_rng(20261126)

# Regression adjustment: one OLS with every interaction, covariates less their overall mean.
n0, n1, k = 70, 55, 3
X = np.round(rng.normal(0, 1, (n0 + n1, k)) @ np.array([[1, 0.4, 0], [0, 1, 0.3], [0, 0, 5]]) + [0, 3, 100], 4)
D = np.r_[np.zeros(n0), np.ones(n1)]
Y = np.round(2 + X @ [0.8, -0.5, 0.1] + D * (0.4 + 0.3 * X[:, 0]) + rng.normal(0, 1, n0 + n1) * (1 + D), 4)
Xc = X - X.mean(0)
ols = sm.OLS(Y, np.column_stack([np.ones(n0 + n1), D, Xc, D[:, None] * Xc]))
hc2 = ols.fit(cov_type="HC2")
b0, b1 = hc2.params[2 : 2 + k], hc2.params[2 : 2 + k] + hc2.params[2 + k :]
moving = (b1 - b0) @ np.cov(X.T) @ (b1 - b0) / (n0 + n1)
side = lambda m: {"y": Y[m].tolist(), "x": X[m].tolist()}
arms = {"control": side(D == 0), "treatment": side(D == 1)}
raw = Y[D == 1].var(ddof=1) / n1 + Y[D == 0].var(ddof=1) / n0
case("regression-adjustment", "hc2-finite", {**arms, "inference": "finite-population"}, {"effect": hc2.params[1], "se": hc2.bse[1], "rawEffect": Y[D == 1].mean() - Y[D == 0].mean(), "coefficientsControl": b0.tolist(), "coefficientsTreatment": b1.tolist(), "varianceReduction": 1 - hc2.bse[1] ** 2 / raw})
case("regression-adjustment", "hc2-superpopulation", arms, {"effect": hc2.params[1], "se": np.sqrt(hc2.bse[1] ** 2 + moving)})

parts = []
for m in (D == 0, D == 1):
    fit = sm.OLS(Y[m], np.column_stack([np.ones(m.sum()), Xc[m]])).fit()
    parts.append((fit.bse[0] ** 2, m.sum() - k - 1))
V = sum(v for v, _ in parts)
df = V**2 / sum(v**2 / f for v, f in parts)
moments = lambda m: {"n": int(m.sum()), "mean": np.r_[Y[m].mean(), X[m].mean(0)].tolist(), "covariance": np.cov(np.column_stack([Y[m], X[m]]).T).tolist()}
given = {"control": moments(D == 0), "treatment": moments(D == 1)}
q = stats.t.isf(0.05, df)
case("regression-adjustment", "analytic-from-moments", {**given, "inference": "finite-population", "alpha": 0.1}, {"effect": hc2.params[1], "se": np.sqrt(V), "df": df, "p": 2 * stats.t.sf(abs(hc2.params[1]) / np.sqrt(V), df), "lower": hc2.params[1] - q * np.sqrt(V), "upper": hc2.params[1] + q * np.sqrt(V)})
double = {"y": Y[:n0].tolist(), "x": np.column_stack([X[:n0], X[:n0, 0] - 2 * X[:n0, 1]]).tolist()}
bad("regression-adjustment", "collinear", {"control": double, "treatment": double}, "constant", "control.x")
bad("regression-adjustment", "flat", {**arms, "treatment": {**arms["treatment"], "x": [[1, *r[1:]] for r in arms["treatment"]["x"]]}}, "constant", "treatment.x")
bad("regression-adjustment", "few", {**arms, "control": {"y": Y[:5].tolist(), "x": X[:5].tolist()}}, "too-few", "control.y")
bad("regression-adjustment", "ragged", {**arms, "control": {"y": Y[:9].tolist(), "x": [*X[:8].tolist(), [1, 2]]}}, "length-mismatch", "control.x[8]")
bad("regression-adjustment", "other-covariates", {**arms, "treatment": {"y": Y[:9].tolist(), "x": X[:9, :2].tolist()}}, "length-mismatch", "treatment.x[0]")
bad("regression-adjustment", "asymmetric", {**given, "control": {**given["control"], "covariance": [[1, 0.5, 0, 0], [0.4, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}}, "out-of-range", "control.covariance[0][1]")
bad("regression-adjustment", "late", {**arms, "covariateUntilMs": [5, 10, 11], "exposureFromMs": 10}, "out-of-range", "covariateUntilMs[2]")
bad("regression-adjustment", "one-time", {**arms, "covariateUntilMs": [5, 10, 11]}, "missing-field", "exposureFromMs")
explained = {"y": (X[:n0, 0] * 2).tolist(), "x": X[:n0, :2].tolist()}
bad("regression-adjustment", "explained", {"control": explained, "treatment": explained}, "constant", "control.y")

# Off-policy: intervals, and limits of the betting sequence by bisection.
n = 60
T = rng.dirichlet([1, 1, 1], n).round(6)
T[:, 2] = 1 - T[:, 0] - T[:, 1]
A, R, P = rng.integers(0, 3, n), rng.beta(2, 2, n).round(4), rng.uniform(0.2, 0.8, n).round(4)
Q = rng.uniform(0, 1, (n, 3)).round(4)
W = T[np.arange(n), A] / P
log = {"reward": R.tolist(), "action": A.tolist(), "loggingPropensity": P.tolist(), "targetProbabilities": T.tolist()}
z = stats.norm.isf(0.05)
snips = (W * R).sum() / W.sum()
snips_se = np.sqrt((W**2 * (R - snips) ** 2).sum() / (W.sum() ** 2) * n / (n - 1))
ips = (W * R).mean()
terms = (T * Q).sum(1) + W * (R - Q[np.arange(n), A])
case("off-policy", "intervals", {**log, "predictedReward": Q.tolist(), "alpha": 0.1}, {"ipsLower": ips - z * stats.sem(W * R), "ipsUpper": ips + z * stats.sem(W * R), "snipsSe": snips_se, "snipsLower": snips - z * snips_se, "snipsUpper": snips + z * snips_se, "drSe": stats.sem(terms), "drLower": terms.mean() - z * stats.sem(terms), "drUpper": terms.mean() + z * stats.sem(terms)})
ess = W.sum() ** 2 / (W**2).sum()
bad("off-policy", "little-overlap", {**log, "minEffectiveSampleSize": ess + 1}, "no-overlap", "targetProbabilities")


def betting_lower(x, alpha):
    lam, total, squares, var = [], 0.5, 0.25, 0.25
    for t, v in enumerate(x, 1):
        lam.append(np.sqrt(2 * np.log(1 / alpha) / (t * np.log1p(t) * var)))
        total += v
        squares += (v - total / (t + 1)) ** 2
        var = squares / (t + 1)
    log_capital = lambda m: np.log1p(np.minimum(lam, 0.5 / m) * (x - m)).sum() + np.log(alpha)
    return optimize.brentq(log_capital, 1e-9, 1, xtol=1e-14) if log_capital(1e-9) > 0 else 0.0


at = [20, n]
case("off-policy-cs", "bisection", {**log, "alpha": 0.1, "at": at}, {"estimate": [(W * R)[:t].mean() for t in at], "lower": [betting_lower((W * R)[:t], 0.05) for t in at], "upper": [1 - betting_lower((W * (1 - R))[:t], 0.05) for t in at], "effectiveSampleSize": ess, "maxWeight": W.max()}, {"*": {"rel": 1e-9, "abs": 1e-10}})
bad("off-policy-cs", "outside", {**log, "at": at, "range": [0, 0.5]}, "out-of-range", f"reward[{int(np.argmax(R > 0.5))}]")
bad("off-policy-cs", "range", {**log, "at": at, "range": [1, 1]}, "out-of-range", "range[1]")
bad("off-policy-cs", "beyond", {**log, "at": [n + 1]}, "out-of-range", "at[0]")
bad("off-policy-cs", "overlap", {**log, "at": at, "minEffectiveSampleSize": n + 1}, "no-overlap", "targetProbabilities")

# Performance without labels: the Poisson-binomial law's mean and variance; ratios by numerical slopes.
p = rng.beta(0.8, 1.2, 400).round(4)
said = p >= 0.4
law_said, law_rest = stats.poisson_binom(p[said]), stats.poisson_binom(p[~said])
TP, FN = law_said.mean(), law_rest.mean()
s_, r_ = said.sum(), (~said).sum()
METRICS = {
    "accuracy": lambda tp, fn: (tp + r_ - fn) / (s_ + r_),
    "precision": lambda tp, fn: tp / s_,
    "recall": lambda tp, fn: tp / (tp + fn),
    "specificity": lambda tp, fn: (r_ - fn) / (r_ - fn + s_ - tp),
    "f1": lambda tp, fn: 2 * tp / (tp + s_ + fn),
}
for metric, f in METRICS.items():
    h = 1e-3
    slope = [(f(TP + h, FN) - f(TP - h, FN)) / (2 * h), (f(TP, FN + h) - f(TP, FN - h)) / (2 * h)]
    se = np.sqrt(slope[0] ** 2 * law_said.var() + slope[1] ** 2 * law_rest.var())
    case("performance-estimate", metric, {"probability": p.tolist(), "metric": metric, "threshold": 0.4}, {"estimate": f(TP, FN), "se": se, "lower": f(TP, FN) - stats.norm.isf(0.025) * se}, {"*": {"rel": 1e-7}})
bad("performance-estimate", "few", {"probability": [0.5] * 29, "metric": "recall"}, "too-few", "probability")
bad("performance-estimate", "nothing-said", {"probability": [0.1] * 30, "metric": "precision"}, "zero-denominator", "probability")
bad("performance-estimate", "metric", {"probability": [0.1] * 30, "metric": "gini"}, "out-of-range", "metric")

# ROI: Fieller's limits are where the test of G = rC just holds.
G, C, vg, vc, c = 130.0, 100.0, 400.0, 225.0, 120.0
test = lambda r: (G - r * C) ** 2 - stats.norm.isf(0.05) ** 2 * (vg - 2 * r * c + r * r * vc)
request = {"gain": {"estimate": G, "variance": vg}, "cost": {"estimate": C, "variance": vc}, "covariance": c, "alpha": 0.1}
half = stats.norm.isf(0.05) * np.sqrt(vg - 2 * 1.3 * c + 1.69 * vc) / C
case("roi", "fieller", request, {"roi": 0.3, "net": 30, "netSe": np.sqrt(385), "p": 2 * stats.norm.sf(30 / np.sqrt(385)), "lower": optimize.brentq(test, 0.1, 1.3, xtol=1e-14) - 1, "upper": optimize.brentq(test, 1.3, 5, xtol=1e-14) - 1}, {"*": {"rel": 1e-8}})
case("roi", "delta", {**request, "interval": "delta"}, {"roi": 0.3, "lower": 0.3 - half, "upper": 0.3 + half})
bad("roi", "cost-unknown", {**request, "cost": {"estimate": 20, "variance": 225}}, "zero-denominator", "cost.estimate")
bad("roi", "cost-zero", {**request, "cost": {"estimate": 0, "variance": 225}}, "out-of-range", "cost.estimate")
bad("roi", "covariance", {**request, "covariance": 301}, "out-of-range", "covariance")
bad("roi", "certain", {**request, "gain": {"estimate": 1, "variance": 0}, "cost": {"estimate": 1, "variance": 0}, "covariance": 0}, "constant", "gain.variance")

# KS of samples whose values stand for several rows each: scipy on the rows themselves.
u, v = rng.normal(0, 1, 50).round(2), rng.normal(0.25, 1, 40).round(2)
wu, wv = 2 ** rng.integers(0, 4, 50), 2 ** rng.integers(0, 4, 40)
r = stats.ks_2samp(np.repeat(u, wu), np.repeat(v, wv), method="asymp")
sketches = {"reference": u.tolist(), "current": v.tolist(), "referenceWeights": wu.tolist(), "currentWeights": wv.tolist()}
case("ks", "weighted", sketches, {"d": float(r.statistic), "p": float(r.pvalue)}, {"*": {"rel": 1e-6}})
size = round(wu.sum() * wv.sum() / (wu.sum() + wv.sum()))
case("ks", "rank-error", {**sketches, "rankError": 0.02}, {"d": float(r.statistic), "p": float(stats.kstwo.sf(r.statistic - 0.02, size))}, {"*": {"rel": 1e-6}})
bad("ks", "weights-exact", {**sketches, "mode": "exact"}, "out-of-range", "mode")
bad("ks", "rows-rank-error", {"reference": [1, 2], "current": [2, 3], "rankError": 0.1}, "out-of-range", "rankError")
bad("ks", "weights-short", {**sketches, "currentWeights": [1]}, "length-mismatch", "currentWeights")

# Synthetic DiD's placebo error: each control in turn as if treated, its weights by SLSQP.


def sdid(pool, unit):
    w = ridge(unit[:20], pool[:, :20], 10**0.25 * sigma)
    l = ridge(pool[:, 20:].mean(1), pool[:, :20].T, 1e-6 * sigma)
    change = lambda row: row[20:].mean() - l @ row[:20]
    return change(unit) - w @ np.array([change(row) for row in pool])


taus = [sdid(np.delete(co, i, 0), co[i]) for i in range(len(co))]
se = np.std(taus)
effect = sdid(co, tr[0])
t = stats.t(len(co) - 1)
case("synthetic-did", "placebo", {"outcomes": np.vstack([co, tr]).tolist(), "controls": 5, "prePeriods": 20, "placebo": True, "alpha": 0.1}, {"estimate": effect, "unitWeights": om.tolist(), "placeboSe": se, "df": 4, "p": 2 * t.sf(abs(effect) / se), "lower": effect - t.isf(0.05) * se}, {"*": {"abs": 2e-3}})
bad("synthetic-did", "placebo-controls", {"outcomes": co[:4].tolist(), "controls": 2, "prePeriods": 20, "placebo": True}, "too-few", "controls")
