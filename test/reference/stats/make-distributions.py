"""Writes distributions.json: tails and quantiles computed with mpmath at 60 digits, rounded to doubles.

Run: pip install mpmath==1.4.1; python3 test/reference/stats/make-distributions.py > test/reference/stats/distributions.json
"""

import json

from mpmath import betainc, erfc, gammainc, log, loggamma, mp, mpf, sqrt

mp.dps = 60


def normal_upper(x):
    return erfc(mpf(x) / sqrt(mpf(2))) / 2


def t_upper(t, df):
    t, df = mpf(t), mpf(df)
    return betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2


def beta_lower(a, b, x):
    return betainc(mpf(a), mpf(b), 0, mpf(x), regularized=True)


def beta_upper(a, b, x):
    return betainc(mpf(b), mpf(a), 0, 1 - mpf(x), regularized=True)


def row(args, value):
    return {"args": args, "value": float(value)}


NORMAL = [-8.5, -3, -1.5, -0.3, 0, 1e-8, 0.1, 0.7, 1.2, 1.49, 1.51, 1.96, 2.5, 4, 6.3, 9.7, 15, 22, 30, 37.5]
DFS = [1, 1.7, 3, 8.25, 30, 117.3, 1000, 25000.5]
TS = [1e-6, 0.01, 0.3, 0.9, 1.3, 1.96, 2.8, 4.5, 9, 25]
CHI = [(1, x) for x in [1e-9, 0.01, 0.455, 1, 3.84, 12, 60, 700]] + [
    (k, f * k) for k in [2, 3, 7, 20, 99, 1000] for f in [0.05, 0.5, 0.9, 1, 1.1, 1.7, 4]
]
BETA = [(a, b, x) for a, b in [(0.5, 0.5), (1, 3), (2.5, 0.7), (12, 88), (150.5, 850.5), (5000, 5200)] for x in [1e-4, 0.03, 0.12, 0.15, 0.48, 0.5, 0.9, 0.999]]
GAMMA = [1e-5, 0.3, 1.5, 2.7, 9.9, 10.1, 55.5, 1234.5, 1e6]
PAIRS = [(0.5, 0.5), (3, 4), (0.2, 50), (7, 5000.5), (15, 20), (1e5, 2e5), (50, 1e8)]
PROBABILITIES = ["1e-300", "1e-40", "1e-8", "0.0005", "0.025", "0.05", "0.2", "0.45", "0.5", "0.7", "0.975", "0.999"]

print(json.dumps({
    "normalUpper": [row([x], normal_upper(x)) for x in NORMAL],
    "logNormalUpper": [row([x], log(normal_upper(x))) for x in [*NORMAL, 60, 1000]],
    "tUpper": [row([t, df], t_upper(t, df)) for df in DFS for t in TS],
    "chiSquareUpper": [row([x, k], gammainc(mpf(k) / 2, mpf(x) / 2, regularized=True)) for k, x in CHI if gammainc(mpf(k) / 2, mpf(x) / 2, regularized=True) > mpf("1e-300")],
    "betaLower": [row([a, b, x], beta_lower(a, b, x)) for a, b, x in BETA if beta_lower(a, b, x) > mpf("1e-300")],
    "betaUpper": [row([a, b, x], beta_upper(a, b, x)) for a, b, x in BETA if beta_upper(a, b, x) > mpf("1e-300")],
    "logGamma": [row([x], loggamma(mpf(x))) for x in GAMMA],
    "logBeta": [row([a, b], loggamma(mpf(a)) + loggamma(mpf(b)) - loggamma(mpf(a) + mpf(b))) for a, b in PAIRS],
    "probabilities": [float(p) for p in PROBABILITIES],
}, indent=0))
