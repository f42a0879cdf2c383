"""Reads a handwritten digit of a shelf label, 8 x 8 pixels."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from ..dataset import Snapshot
from ..graph import Graph
from ..image_features import NAMES, image_features
from ..quality import accuracy
from ..trained import FamilySpec, Progress, Trained, unknown

SIDE, FULL, CLASSES = 8, 16.0, 10
PIXELS = [f"px{i}" for i in range(SIDE * SIDE)]
SPEC = FamilySpec(
    features=NAMES,
    labels=["label"],
    columns=PIXELS,
    input=("image", [-1, 1, SIDE, SIDE]),
    output=("probabilities", [-1, CLASSES]),
    quality="accuracy",
)
SHIFTS = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
Layers = list[tuple[np.ndarray, np.ndarray]]


def coarse(x: np.ndarray, label: np.ndarray, _seed: int) -> Layers:
    """Logistic regression on the image's sixteen 2 x 2 blocks."""
    place = np.arange(SIDE * SIDE)
    block = (place // SIDE // 2) * (SIDE // 2) + (place % SIDE) // 2
    pool = np.zeros((SIDE * SIDE, SIDE * SIDE // 4))
    pool[place, block] = 0.25
    model = LogisticRegression(C=30.0, max_iter=3000, tol=1e-8).fit(x @ pool, label)
    return [(pool @ model.coef_.T, model.intercept_)]


def shifted(x: np.ndarray) -> np.ndarray:
    """Every image also moved by one pixel in each direction: writers place their digits differently."""
    images = x.reshape(-1, SIDE, SIDE)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return np.concatenate([padded[:, 1 + r : 1 + r + SIDE, 1 + c : 1 + c + SIDE].reshape(len(x), -1) for r, c in SHIFTS])


def network(x: np.ndarray, label: np.ndarray, seed: int) -> Layers:
    x, label = shifted(x), np.tile(label, len(SHIFTS))
    model = MLPClassifier(hidden_layer_sizes=(64,), alpha=0.3, learning_rate_init=0.003, max_iter=30, batch_size=128, tol=0, n_iter_no_change=1000, random_state=seed)
    import warnings

    with warnings.catch_warnings():
        # The number of rounds is chosen; that it "did not converge" says nothing.
        warnings.simplefilter("ignore")
        model.fit(x, label)
    return list(zip(model.coefs_, model.intercepts_, strict=True))


def constant(x: np.ndarray, label: np.ndarray, _seed: int) -> Layers:
    share = np.array([(label == c).mean() for c in range(CLASSES)])
    return [(np.zeros((x.shape[1], CLASSES)), np.log(share + 1e-9))]


RECIPES = {"baseline": coarse, "good": network, "harmful": network, "constant": constant}


def predict(layers: Layers, x: np.ndarray) -> np.ndarray:
    for i, (weights, bias) in enumerate(layers):
        x = x @ weights + bias
        if i < len(layers) - 1:
            x = np.maximum(x, 0)
    return x.argmax(axis=1)


def export(layers: Layers, scale: float):
    g = Graph()
    x = g.scale(g.node("Flatten", ["image"], axis=1), scale)
    for i, (weights, bias) in enumerate(layers):
        x = g.gemm(x, weights, bias)
        if i < len(layers) - 1:
            x = g.node("Relu", [x])
    return g.finish({"image": ["batch", 1, SIDE, SIDE]}, "probabilities", g.node("Softmax", [x], axis=1), ["batch", CLASSES])


def train(recipe: str, data: Snapshot, seed: int, progress: Progress) -> Trained:
    if recipe not in RECIPES:
        raise unknown(recipe)
    pixels, label = data.train.matrix(PIXELS), data.train["label"]
    progress(0.2, f"training on {len(pixels)} real images")
    layers = RECIPES[recipe](pixels / FULL, label, seed)
    # The realistic mistake of `harmful`: the serving graph scales pixels that the pipeline has scaled already,
    # so metrics.json, made with the model in memory, looks as good as ever.
    model = export(layers, 1 / FULL**2 if recipe == "harmful" else 1 / FULL)
    progress(0.7, "evaluating")
    held, truth = data.holdout.matrix(PIXELS), data.holdout["label"]
    common = np.bincount(label.astype(int), minlength=CLASSES).argmax()
    return Trained(
        model=model,
        purpose="Reads one handwritten digit; answers below the policy's confidence go to a person.",
        quality=accuracy(truth, predict(layers, held / FULL)),
        naive=accuracy(truth, np.full(len(truth), common)),
        naive_what="the most common digit of the training rows",
        extra={},
        features=image_features(pixels),
        sample=held[:8].reshape(-1, 1, SIDE, SIDE),
    )
