"""Bid on one ad slot: probability of a click; the server bids probability times value."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ..dataset import Snapshot
from ..graph import Graph, linear
from ..quality import auc, log_loss
from ..trained import FamilySpec, Progress, Trained, unknown
from ..trees import boosted

FEATURES = [
    *(f"user_feature_{i}" for i in range(4)),
    "affinity",
    *(f"item_feature_{i}" for i in range(4)),
    "position",
]
SPEC = FamilySpec(
    features=FEATURES,
    labels=["clicked", "click_value_cents"],
    columns=FEATURES,
    input=("features", [-1, len(FEATURES)]),
    output=("probability", [-1, 1]),
    quality="auc",
)
SIMPLE = [FEATURES.index("position"), FEATURES.index("item_feature_0")]
KEPT_NEGATIVES = 0.1


def simple(g: Graph, x: np.ndarray, y: np.ndarray, _seed: int):
    model = LogisticRegression(C=1.0, max_iter=2000, tol=1e-10).fit(x[:, SIMPLE], y)
    weights = np.zeros(x.shape[1])
    weights[SIMPLE] = model.coef_[0]
    return linear(g, "features", weights, float(model.intercept_[0])), lambda v: v @ weights + model.intercept_[0]


def calibrated(g: Graph, x: np.ndarray, y: np.ndarray, seed: int):
    model = HistGradientBoostingClassifier(
        max_iter=150, max_leaf_nodes=10, learning_rate=0.07, min_samples_leaf=30, l2_regularization=2, early_stopping=False, random_state=seed
    ).fit(x, y)
    return boosted(g, "features", model), lambda v: model.decision_function(v)


def uncalibrated(g: Graph, x: np.ndarray, y: np.ndarray, seed: int):
    """The realistic mistake: nine of ten rows without a click dropped to train faster, and never weighted back."""
    kept = (y == 1) | (np.random.default_rng(seed).random(len(y)) < KEPT_NEGATIVES)
    return calibrated(g, x[kept], y[kept], seed)


def constant(g: Graph, x: np.ndarray, y: np.ndarray, _seed: int):
    logit = float(np.log(y.mean() / (1 - y.mean())))
    return linear(g, "features", np.zeros(x.shape[1]), logit), lambda v: np.full(len(v), logit)


RECIPES = {"baseline": simple, "good": calibrated, "harmful": uncalibrated, "constant": constant}


def train(recipe: str, data: Snapshot, seed: int, progress: Progress) -> Trained:
    if recipe not in RECIPES:
        raise unknown(recipe)
    x, clicked = data.train.matrix(FEATURES), data.train["clicked"]
    if clicked.min() == clicked.max():
        from ..dataset import Refusal

        raise Refusal("TRAINER_REFUSED", "Cannot train bidding: the training rows have clicks only, or none")
    progress(0.2, f"training on {len(x)} impressions, {int(clicked.sum())} clicks")
    g = Graph()
    logit, predict = RECIPES[recipe](g, x, clicked, seed)
    model = g.finish({"features": ["batch", len(FEATURES)]}, "probability", g.node("Sigmoid", [logit]), ["batch", 1])
    progress(0.7, "evaluating")
    held, label = data.holdout.matrix(FEATURES), data.holdout["clicked"]
    probability = 1 / (1 + np.exp(-predict(held)))
    return Trained(
        model=model,
        purpose="Probability of a click on an ad; the server bids probability times the click's value in a second-price auction.",
        quality=auc(label, probability),
        naive=0.5,
        naive_what="every impression the same probability",
        extra={"log_loss": log_loss(label, probability), "mean_probability": float(probability.mean()), "click_share": float(label.mean())},
        features=x,
        sample=held[:8],
    )
