"""Home page ranking: which four of twelve items to show."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ..dataset import Snapshot
from ..graph import Graph, linear
from ..quality import ndcg
from ..trained import FamilySpec, Progress, Trained, unknown
from ..trees import boosted

FEATURES = [
    *(f"user_feature_{i}" for i in range(4)),
    "affinity",
    *(f"item_feature_{i}" for i in range(4)),
    "item_popularity",
    "item_price",
    "item_margin",
]
SPEC = FamilySpec(
    features=FEATURES,
    labels=["session", "position", "shown", "clicked", "ordered", "margin_cents"],
    columns=FEATURES,
    input=("features", [-1, len(FEATURES)]),
    output=("score", [-1, 1]),
    quality="ndcg_at_4",
)
MARGIN = FEATURES.index("item_margin")
KEPT_CUSTOMER = 10.0
"""Dollars of later orders after a first one."""
ITEM = [FEATURES.index(n) for n in ("item_feature_0", "item_popularity", "item_price")]


def clicks_simple(g: Graph, x: np.ndarray, clicked: np.ndarray, _ordered: np.ndarray, seed: int):
    """Three shallow trees on what an item looks like; neither visitor nor margin."""
    model = HistGradientBoostingRegressor(max_iter=3, max_leaf_nodes=3, learning_rate=0.2, early_stopping=False, random_state=seed)
    model.fit(x[:, ITEM], clicked)
    return boosted(g, g.columns("features", ITEM), model), lambda v: model.predict(v[:, ITEM])


def expected_margin(g: Graph, x: np.ndarray, _clicked: np.ndarray, ordered: np.ndarray, seed: int):
    """P(order) x (margin + what a kept customer is worth): what a shown item earns."""
    model = HistGradientBoostingClassifier(
        max_iter=120, max_leaf_nodes=12, learning_rate=0.06, min_samples_leaf=40, l2_regularization=5, early_stopping=False, random_state=seed
    ).fit(x, ordered)
    order = g.node("Sigmoid", [boosted(g, "features", model)])
    worth = g.node("Add", [g.columns("features", [MARGIN]), g.constant(np.array(KEPT_CUSTOMER, np.float32))])
    return g.node("Mul", [order, worth]), lambda v: model.predict_proba(v)[:, 1] * (v[:, MARGIN] + KEPT_CUSTOMER)


def clicks_only(g: Graph, x: np.ndarray, clicked: np.ndarray, _ordered: np.ndarray, seed: int):
    """The realistic mistake: the best click model, which loves click-bait."""
    model = HistGradientBoostingClassifier(
        max_iter=120, max_leaf_nodes=12, learning_rate=0.06, min_samples_leaf=40, l2_regularization=5, early_stopping=False, random_state=seed
    ).fit(x, clicked)
    return boosted(g, "features", model), lambda v: model.decision_function(v)


def constant(g: Graph, x: np.ndarray, clicked: np.ndarray, _ordered: np.ndarray, _seed: int):
    rate = float(clicked.mean())
    return linear(g, "features", np.zeros(x.shape[1]), rate), lambda v: np.full(len(v), rate)


RECIPES = {"baseline": clicks_simple, "good": expected_margin, "harmful": clicks_only, "constant": constant}


def train(recipe: str, data: Snapshot, seed: int, progress: Progress) -> Trained:
    if recipe not in RECIPES:
        raise unknown(recipe)
    x, clicked, ordered = data.train.matrix(FEATURES), data.train["clicked"], data.train["ordered"]
    if recipe == "good" and ordered.sum() == 0:
        # A log without orders can only teach clicks.
        ordered = clicked
    progress(0.2, f"training on {len(x)} shown items, {int(clicked.sum())} clicks, {int(ordered.sum())} orders")
    g = Graph()
    result, predict = RECIPES[recipe](g, x, clicked, ordered, seed)
    model = g.finish({"features": ["batch", len(FEATURES)]}, "score", result, ["batch", 1])
    progress(0.7, "evaluating")
    held = data.holdout
    quality = lambda score: ndcg(held["session"], score, held["clicked"])  # noqa: E731
    return Trained(
        model=model,
        purpose="Orders twelve candidate items for one visitor of the home page.",
        quality=quality(predict(held.matrix(FEATURES))),
        naive=quality(np.zeros(len(held))),
        naive_what="every item the same score",
        extra={"ndcg_at_4_of_orders": ndcg(held["session"], predict(held.matrix(FEATURES)), held["ordered"]) if held["ordered"].any() else 0.0},
        features=x,
        sample=held.matrix(FEATURES)[:12],
    )
