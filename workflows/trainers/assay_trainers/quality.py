"""Quality on held-out rows, as control-plane/domain/quality computes it again without trusting these numbers."""

import numpy as np


def ndcg(session: np.ndarray, score: np.ndarray, gain: np.ndarray, at: int = 4) -> float:
    """Mean over sessions with a gain; tied scores share their places' mean gain, so a constant is not helped by order."""
    values = []
    for s in np.unique(session):
        rows = session == s
        if gain[rows].sum() == 0:
            continue
        g, sc = gain[rows], score[rows]
        shared = np.array([g[sc == v].mean() for v in sc])[np.argsort(-sc, kind="stable")]
        discount = 1 / np.log2(np.arange(2, len(g) + 2))
        best = np.sort(g)[::-1]
        values.append((shared[:at] * discount[:at]).sum() / (best[:at] * discount[:at]).sum())
    return float(np.mean(values))


def wape(truth: np.ndarray, forecast: np.ndarray) -> float:
    return float(np.abs(truth - forecast).sum() / np.abs(truth).sum())


def log_loss(label: np.ndarray, probability: np.ndarray) -> float:
    p = np.clip(probability, 1e-7, 1 - 1e-7)
    return float(-(label * np.log(p) + (1 - label) * np.log(1 - p)).mean())


def auc(label: np.ndarray, score: np.ndarray) -> float:
    """Probability that a positive row scores higher than a negative one; ties count half."""
    values, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positive = label == 1
    n, m = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else 0.5


def accuracy(label: np.ndarray, guess: np.ndarray) -> float:
    return float((label == guess).mean())
