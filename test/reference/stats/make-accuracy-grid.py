"""Writes accuracy-grid.json: distributions, quantiles and linear systems at 60 digits with mpmath, rounded to doubles.

Arguments are drawn log-uniformly with a fixed seed, over what the methods meet and well beyond; values below 1e-300 are left out.
Run: pip install mpmath==1.4.1; python3 test/reference/stats/make-accuracy-grid.py > test/reference/stats/accuracy-grid.json
"""

import json
import random

from mpmath import betainc, erfc, erfinv, exp, findroot, gammainc, inf, lu_solve, log, loggamma, matrix, mp, mpf, quad, sqrt, svd_r

mp.dps = 60
rng = random.Random(20261126)
TINY = mpf("1e-300")


def spread(low, high):
    """A double between low and high, uniform in its logarithm."""
    return float(mpf(low) * (mpf(high) / mpf(low)) ** rng.random())


def grid(n, draw, value, keep=lambda v: TINY < abs(v)):
    rows = []
    while len(rows) < n:
        args = draw()
        exact = value(*(mpf(x) for x in args))
        if keep(exact):
            rows.append([*args, float(exact)])
    return rows


def normal_upper(x):
    return erfc(x / sqrt(mpf(2))) / 2


def normal_quantile(p):
    guess = sqrt(mpf(2)) * erfinv(1 - 2 * p) if p > mpf("1e-20") else sqrt(-2 * log(p))
    return findroot(lambda x: log(normal_upper(x)) - log(p), guess)


def t_upper(t, df):
    if t < 0:
        return 1 - t_upper(-t, df)
    return betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2


def beta_lower(a, b, x):
    return betainc(a, b, 0, x, regularized=True)


def beta_upper(a, b, x):
    return betainc(b, a, 0, 1 - x, regularized=True)


def chi_upper(x, df):
    return gammainc(df / 2, x / 2, inf, regularized=True)


def gamma_lower(a, x):
    return gammainc(a, 0, x, regularized=True)


def noncentral_t_upper(t, df, shift):
    scale = log(mpf(2)) + df / 2 * log(df / 2) - loggamma(df / 2)
    density = lambda s: exp(scale + (df - 1) * log(s) - df * s * s / 2)
    sd = 1 / sqrt(2 * df)
    cuts = sorted({mpf(0), *(max(mpf(0), 1 + k * sd) for k in (-24, -8, -4, -2, 0, 2, 4, 8, 24)), 1 + 40 * sd})
    return quad(lambda s: density(s) * normal_upper(t * s - shift) if s > 0 else mpf(0), cuts)


def kolmogorov_upper(n, x):
    """Durbin's matrix to the n-th power (Marsaglia, Tsang & Wang 2003), at 60 digits."""
    n = int(n)
    k = int(n * x) + 1
    h, size = k - n * x, 2 * k - 1
    fact = [mpf(1)]
    for i in range(1, size + 1):
        fact.append(fact[-1] * i)
    m = matrix(size, size)
    for i in range(size):
        for j in range(size):
            if i - j + 1 >= 0:
                v = mpf(1)
                v -= h ** (i + 1) if j == 0 else 0
                v -= h ** (size - j) if i == size - 1 else 0
                v += (2 * h - 1) ** size if j == 0 and i == size - 1 and 2 * h > 1 else 0
                m[i, j] = v / fact[i - j + 1]
    value = (m**n)[k - 1, k - 1]
    for i in range(1, n + 1):
        value *= mpf(i) / n
    return 1 - value


# Entries by formula, the same doubles in any language: i and j from 0.
SYSTEMS = {
    "hilbert": lambda i, j, n: 1 / (i + j + 1),
    "lehmer": lambda i, j, n: (min(i, j) + 1) / (max(i, j) + 1),
    "minimum": lambda i, j, n: min(i, j) + 1,
    "equicorrelated": lambda i, j, n: 1 if i == j else 0.99,
}


def system(name, n):
    a = matrix([[mpf(SYSTEMS[name](i, j, n)) for j in range(n)] for i in range(n)])
    x = lu_solve(a, matrix([mpf(i + 1) for i in range(n)]))
    singular = svd_r(a, compute_uv=False)
    return {"name": name, "n": n, "condition": float(max(singular) / min(singular)), "x": [float(v) for v in x]}


side = lambda x: x if rng.random() < 0.5 else -x
probability = lambda: spread("1e-290", 0.5) if rng.random() < 0.4 else spread(1e-6, 0.5)
near = lambda mean, sd: float(max(mpf("1e-12"), mean + sd * (rng.random() * 16 - 8)))


def beta_args(top=1e4):
    a, b = spread(0.3, top), spread(0.3, top)
    mean, sd = a / (a + b), (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
    x = near(mean, sd) if rng.random() < 0.7 else rng.random()
    return [a, b, min(x, 0.999999)]


def chi_args():
    df = float(rng.randint(1, 40)) if rng.random() < 0.5 else spread(0.5, 1e6)
    return [near(df, (2 * df) ** 0.5) if rng.random() < 0.7 else df * spread(1e-4, 5), df]


def gamma_args():
    x, df = chi_args()
    return [df / 2, x / 2]


def nct_args():
    df = spread(3, 20000)
    shift = side(spread(0.01, 8))
    return [abs(near(shift, 1)) if rng.random() < 0.7 else spread(1, 6), df, shift]


near_zero = lambda: (1 if rng.random() < 0.5 else 2) + side(spread(1e-9, 0.4))
FUNCTIONS = {
    "normalUpper": grid(150, lambda: [side(spread(1e-6, 37))], normal_upper),
    "logNormalUpper": grid(60, lambda: [side(spread(1e-4, 1e4)) if rng.random() < 0.5 else spread(1, 1e5)], lambda x: log(normal_upper(x))),
    "normalUpperQuantile": grid(80, lambda: [probability()], normal_quantile),
    "tUpper": grid(200, lambda: [side(spread(1e-4, 60)), spread(0.7, 1e6)], t_upper),
    "chiSquareUpper": grid(200, chi_args, chi_upper),
    "gammaLower": grid(150, gamma_args, gamma_lower),
    "betaLower": grid(90, beta_args, beta_lower) + grid(6, lambda: beta_args(1e5), beta_lower),
    "betaUpper": grid(90, beta_args, beta_upper) + grid(6, lambda: beta_args(1e5), beta_upper),
    "noncentralTUpper": grid(40, nct_args, noncentral_t_upper, lambda v: v > mpf("1e-14")),
    "kolmogorovUpper": [[n, x, float(kolmogorov_upper(n, mpf(x)))] for n in (10, 50, 130, 300) for x in (0.05, 0.11, 0.21) if n * x < 35],
    "logGamma": grid(80, lambda: [spread(1e-8, 1e8)], loggamma) + grid(30, lambda: [near_zero()], loggamma),
    "logBeta": grid(80, lambda: [spread(0.1, 1e7), spread(0.1, 1e7)], lambda a, b: loggamma(a) + loggamma(b) - loggamma(a + b)),
}
systems = [system(*s) for s in [("hilbert", 4), ("hilbert", 6), ("hilbert", 8), ("lehmer", 12), ("minimum", 20), ("equicorrelated", 10)]]
print(json.dumps({"functions": FUNCTIONS, "systems": systems}, separators=(",", ":")).replace("],[", "],\n["))
