"""Quasi-experiments and randomisation tests."""

from families.bandits import *  # samples of the families before are used again

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
