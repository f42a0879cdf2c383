"""Bayesian methods, bandits, off-policy."""

from families.sequential import *  # samples of the families before are used again

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
