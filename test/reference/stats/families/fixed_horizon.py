"""Fixed horizon: arms, ratios, CUPED, proportions, tests, power and distances."""

from families.common import *  # samples of the families before are used again

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
