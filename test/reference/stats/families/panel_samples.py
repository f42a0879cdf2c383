"""One small panel each for synthetic control and two-way fixed effects, and stock formulas."""

from families.fixed_horizon import *  # samples of the families before are used again

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
