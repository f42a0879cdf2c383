"""Daily demand of one store as a ratio to its level."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import QuantileRegressor

from ..dataset import Snapshot
from ..graph import Graph, linear
from ..quality import wape
from ..trained import FamilySpec, Progress, Trained, unknown
from ..trees import boosted

FEATURES = [
    "lag_7",
    "lag_14",
    "lag_21",
    "lag_28",
    "mean_7",
    "weekday",
    "month",
    "holiday",
    "workingday",
    "weather",
    "temperature",
    "humidity",
    "wind_speed",
]
SPEC = FamilySpec(
    features=FEATURES,
    labels=["level", "store", "day", "demand"],
    columns=FEATURES,
    input=("features", [-1, len(FEATURES)]),
    output=("ratio", [-1, 1]),
    quality="wape",
)
LAGS = [FEATURES.index(n) for n in ("lag_7", "lag_14", "lag_21", "lag_28", "mean_7")]
CAUTIOUS, LOW = 0.3, 0.08


def lags_only(g: Graph, x: np.ndarray, ratio: np.ndarray, _seed: int):
    """Linear in the lags, cautious: aims at the 30 % quantile, so that little is left over."""
    model = QuantileRegressor(quantile=CAUTIOUS, alpha=0.0).fit(x[:, LAGS], ratio)
    weights = np.zeros(x.shape[1])
    weights[LAGS] = model.coef_
    return linear(g, "features", weights, float(model.intercept_)), lambda v: v @ weights + model.intercept_


def trees(loss: str, quantile: float | None):
    def fit(g: Graph, x: np.ndarray, ratio: np.ndarray, seed: int):
        model = HistGradientBoostingRegressor(
            loss=loss, quantile=quantile, max_iter=150, max_leaf_nodes=6, learning_rate=0.06, min_samples_leaf=12, l2_regularization=1, early_stopping=False, random_state=seed
        ).fit(x, ratio)
        return boosted(g, "features", model), lambda v: model.predict(v)

    return fit


def constant(g: Graph, x: np.ndarray, ratio: np.ndarray, _seed: int):
    mean = float(ratio.mean())
    return linear(g, "features", np.zeros(x.shape[1]), mean), lambda v: np.full(len(v), mean)


# The realistic mistake of `harmful`: a low quantile is exported where the mean was meant.
RECIPES = {"baseline": lags_only, "good": trees("squared_error", None), "harmful": trees("quantile", LOW), "constant": constant}


def train(recipe: str, data: Snapshot, seed: int, progress: Progress) -> Trained:
    if recipe not in RECIPES:
        raise unknown(recipe)
    x, ratio = data.train.matrix(FEATURES), data.train["demand"] / data.train["level"]
    progress(0.2, f"training on {len(x)} real days")
    g = Graph()
    result, predict = RECIPES[recipe](g, x, ratio, seed)
    model = g.finish({"features": ["batch", len(FEATURES)]}, "ratio", result, ["batch", 1])
    progress(0.7, "evaluating")
    held, demand, level = data.holdout.matrix(FEATURES), data.holdout["demand"], data.holdout["level"]
    forecast = predict(held) * level
    return Trained(
        model=model,
        purpose="Demand of a store on a day, as a ratio to the mean of its last 28 days.",
        quality=wape(demand, forecast),
        naive=wape(demand, held[:, 0] * level),
        naive_what="the same weekday last week",
        extra={"relative_bias": float((forecast - demand).sum() / demand.sum())},
        features=x,
        sample=held[:8],
    )
