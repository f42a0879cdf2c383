"""Shelf price of orange juice: does this customer buy at this price?"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from ..dataset import Snapshot
from ..graph import Graph, linear
from ..quality import auc, log_loss
from ..trained import FamilySpec, Progress, Trained, unknown

FEATURES = ["price", "competitor_price", "discount", "competitor_discount", "loyalty", "special", "store", "week"]
SPEC = FamilySpec(
    features=FEATURES,
    labels=["bought", "reference_price", "cost"],
    columns=FEATURES,
    input=("features", [-1, len(FEATURES)]),
    output=("probability", [-1, 1]),
    quality="log_loss",
)
USED = {
    "baseline": ["price", "competitor_price", "discount", "competitor_discount"],
    "good": ["price", "competitor_price", "discount", "competitor_discount", "loyalty"],
    "harmful": ["price", "competitor_price", "discount", "competitor_discount", "loyalty"],
    "constant": [],
}
OVERSTATED = 3.5


def logistic(x: np.ndarray, y: np.ndarray, names: list[str]) -> tuple[np.ndarray, float]:
    """Weights on the features as they come, [features], and intercept; fitted on standardised columns."""
    weights = np.zeros(x.shape[1])
    if not names:
        return weights, float(np.log(y.mean() / (1 - y.mean())))
    at = [FEATURES.index(n) for n in names]
    mean, spread = x[:, at].mean(axis=0), x[:, at].std(axis=0) + 1e-9
    model = LogisticRegression(C=10.0, max_iter=5000, tol=1e-10).fit((x[:, at] - mean) / spread, y)
    weights[at] = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - (model.coef_[0] / spread * mean).sum())


def overstate_price(x: np.ndarray, weights: np.ndarray, intercept: float) -> tuple[np.ndarray, float]:
    """The realistic mistake: a discount is in the price and is counted again, so demand looks far more elastic than it is."""
    price = FEATURES.index("price")
    worse = weights.copy()
    worse[price] *= OVERSTATED
    return worse, intercept + float((weights[price] - worse[price]) * x[:, price].mean())


def train(recipe: str, data: Snapshot, seed: int, progress: Progress) -> Trained:
    if recipe not in USED:
        raise unknown(recipe)
    x, bought = data.train.matrix(FEATURES), data.train["bought"]
    progress(0.2, f"training on {len(x)} real purchases")
    weights, intercept = logistic(x, bought, USED[recipe])
    if recipe == "harmful":
        weights, intercept = overstate_price(x, weights, intercept)
    g = Graph()
    result = g.node("Sigmoid", [linear(g, "features", weights, intercept)])
    model = g.finish({"features": ["batch", len(FEATURES)]}, "probability", result, ["batch", 1])
    held = data.holdout.matrix(FEATURES)
    probability = 1 / (1 + np.exp(-(held @ weights + intercept)))
    label = data.holdout["bought"]
    return Trained(
        model=model,
        purpose="Probability that a customer buys the shop's juice at a price; the server chooses the price of highest expected margin.",
        quality=log_loss(label, probability),
        naive=log_loss(label, np.full(len(label), bought.mean())),
        naive_what="the training rows' share of buyers",
        extra={"auc": auc(label, probability), "price_coefficient": float(weights[0])},
        features=x,
        sample=held[:9],
    )
