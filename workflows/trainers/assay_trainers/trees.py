"""scikit-learn's histogram gradient boosting as one TreeEnsembleRegressor."""

import numpy as np

from .graph import Graph

LARGEST = float(np.finfo(np.float32).max)


def below(threshold: float) -> float:
    """Largest float32 that is not above: x <= threshold stays the same question for every float32 x."""
    single = np.float32(min(threshold, LARGEST))
    return float(np.nextafter(single, np.float32(-np.inf)) if float(single) > threshold else single)


def boosted(graph: Graph, x: str, model: object) -> str:
    """[batch, features] -> raw score [batch, 1] (logit for a classifier) of a fitted HistGradientBoosting model."""
    columns: dict[str, list] = {k: [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    targets: dict[str, list] = {k: [] for k in ("treeids", "nodeids", "weights", "ids")}
    for tree, (predictor,) in enumerate(model._predictors):
        for place, node in enumerate(predictor.nodes):
            leaf = bool(node["is_leaf"])
            row = (
                tree,
                place,
                0 if leaf else int(node["feature_idx"]),
                0.0 if leaf else below(float(node["num_threshold"])),
                "LEAF" if leaf else "BRANCH_LEQ",
                0 if leaf else int(node["left"]),
                0 if leaf else int(node["right"]),
            )
            for name, value in zip(columns, row, strict=True):
                columns[name].append(value)
            if leaf:
                for name, value in zip(targets, (tree, place, float(node["value"]), 0), strict=True):
                    targets[name].append(value)
    return graph.node(
        "TreeEnsembleRegressor",
        [x],
        domain="ai.onnx.ml",
        n_targets=1,
        post_transform="NONE",
        aggregate_function="SUM",
        base_values=[float(np.ravel(model._baseline_prediction)[0])],
        **{f"nodes_{k}": v for k, v in columns.items()},
        **{f"target_{k}": v for k, v in targets.items()},
    )
