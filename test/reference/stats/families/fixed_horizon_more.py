"""Quantiles, clusters, power of proportions, meta-analysis: each by the shortest independent route."""

from families.panel_samples import *  # samples of the families before are used again

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
