"""Writes the contract's files; model.onnx last, so that a folder with a model is a whole folder."""

import json
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from .trained import FamilySpec, Trained

BINS = 10


def tensor(values: np.ndarray) -> dict:
    return {"datatype": "FP32", "shape": list(values.shape), "data": [float(v) for v in np.ravel(values.astype(np.float32))]}


def deciles(values: np.ndarray) -> dict:
    """Nine inner edges and ten counts; value <= edge falls below it. Equal edges leave empty bins, as a constant feature does."""
    edges = np.quantile(values, np.arange(1, BINS) / BINS)
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=BINS)
    return {"edges": [float(e) for e in edges], "counts": [int(c) for c in counts]}


def sample(spec: FamilySpec, trained: Trained) -> dict:
    name, output = spec.input[0], spec.output[0]
    x = trained.sample.astype(np.float32)
    (y,) = ReferenceEvaluator(trained.model).run([output], {name: x})
    return {"inputs": {name: tensor(x)}, "outputs": {output: tensor(np.asarray(y))}}


def card(family: str, recipe: str, seed: int, facts: dict, spec: FamilySpec, trained: Trained) -> str:
    origins = {
        "real": "the labels are real",
        "simulator": "the feature rows are real, the labels were drawn by the shop simulator's response model",
        "evidence": "the labels were logged while serving, together with the sample's rows",
    }
    extra = "".join(f"- {k}: {v:.4f}\n" for k, v in trained.extra.items())
    return f"""# {family}, recipe {recipe}

{trained.purpose}

- Data: {facts["source"]} ({facts["licence"]}), snapshot {facts["digest"]}, {facts["train_rows"]} of {facts["rows"]} rows to train on
- Label origin: {facts["label_origin"]}: {origins[facts["label_origin"]]}
- Seed: {seed}

## Measured on held-out rows, by the trainer
- {spec.quality}: {trained.quality:.4f}
- naive ({trained.naive_what}): {trained.naive:.4f}
{extra}
## Limits
A sample model for Assay's own world. It knows only the features listed in reference.json and the range they had in the
training rows. Assay evaluates the exported graph again and does not rely on these numbers.
"""


def dump(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def write(out: Path, family: str, recipe: str, seed: int, facts: dict, spec: FamilySpec, trained: Trained, seconds: float) -> None:
    out.mkdir(parents=True, exist_ok=True)
    io = lambda name, shape: [{"name": name, "datatype": "FP32", "shape": shape}]  # noqa: E731
    metrics = {
        "quality": {"name": spec.quality, "value": trained.quality},
        "naive": {"name": spec.quality, "value": trained.naive, "what": trained.naive_what},
        "extra": trained.extra,
        "train_seconds": round(seconds, 3),
    }
    installed = sorted({f"{d.metadata['Name']}=={d.version}" for d in distributions()})
    texts = {
        "metrics.json": dump(metrics),
        "signature.json": dump({"inputs": io(*spec.input), "outputs": io(*spec.output)}),
        "reference.json": dump({"features": {n: deciles(trained.features[:, i]) for i, n in enumerate(spec.features)}}),
        "sample.json": dump(sample(spec, trained)),
        "model-card.md": card(family, recipe, seed, facts, spec, trained),
        "environment.txt": "\n".join(installed) + "\n",
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    (out / "model.onnx").write_bytes(trained.model.SerializeToString(deterministic=True))
