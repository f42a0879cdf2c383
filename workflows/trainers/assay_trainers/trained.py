"""What a family's trainer hands back; the writing of files is the same for all."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Trained:
    model: onnx.ModelProto
    purpose: str
    quality: float
    """On the hold-out rows, by the model in memory."""
    naive: float
    naive_what: str
    extra: dict[str, float]
    features: np.ndarray
    """Training rows, [rows, feature names]: the reference that drift is measured against."""
    sample: np.ndarray
    """A few rows in the shape of the model's input."""


@dataclass(frozen=True)
class FamilySpec:
    """The part of control-plane/domain/families/<f>.ts that a trainer needs; a test holds them together."""

    features: list[str]
    labels: list[str]
    columns: list[str]
    """Feature columns of the snapshot; for vision the pixels instead of the features."""
    input: tuple[str, list[int]]
    output: tuple[str, list[int]]
    quality: str


def unknown(recipe: str) -> Exception:
    from .dataset import Refusal

    return Refusal("TRAINER_REFUSED", f'Cannot train: recipe "{recipe}" is not one of baseline, good, harmful, constant')
