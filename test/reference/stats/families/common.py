"""What every family shares: the list of cases, how one is added, samples."""

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
