"""Reads a data snapshot of the contract and checks it before anything is trained."""

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


class Refusal(Exception):
    """Training is refused: exit status 3 with this code."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Rows:
    """Columns by name, [rows]; features travel as float32, so training sees what serving will see."""

    columns: dict[str, np.ndarray]

    def matrix(self, names: list[str]) -> np.ndarray:
        """[rows, names], float64 holding float32 values."""
        return np.column_stack([self.columns[n] for n in names]).astype(np.float32).astype(np.float64)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True)
class Snapshot:
    facts: dict
    train: Rows
    holdout: Rows


def load(folder: Path, family: str, needed: list[str]) -> Snapshot:
    """Raises Refusal SNAPSHOT_INVALID for a digest, family or column that is not as it should be."""
    try:
        facts = json.loads((folder / "snapshot.json").read_text())
    except (OSError, ValueError) as error:
        raise Refusal("SNAPSHOT_INVALID", f"Cannot read snapshot.json: {error}") from error
    if facts.get("family") != family:
        raise Refusal("SNAPSHOT_INVALID", f'Cannot train {family}: the snapshot is of family "{facts.get("family")}"')
    return Snapshot(facts, *(read(folder, name, facts, needed) for name in ("train.csv", "holdout.csv")))


def read(folder: Path, name: str, facts: dict, needed: list[str]) -> Rows:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise Refusal("SNAPSHOT_INVALID", f"Cannot read {name}: {error}") from error
    found, said = hashlib.sha256(content).hexdigest(), facts["files"][name]["sha256"]
    if found != said:
        raise Refusal("SNAPSHOT_INVALID", f"Cannot train: {name} has digest {found}, the snapshot says {said}")
    header, *rows = csv.reader(content.decode("utf-8").splitlines())
    missing = [n for n in needed if n not in header]
    if missing or not rows:
        raise Refusal("SNAPSHOT_INVALID", f"Cannot train: {name} lacks {missing or 'rows'}")
    values = np.array(rows, dtype=np.float64)
    if not np.isfinite(values).all():
        raise Refusal("SNAPSHOT_INVALID", f"Cannot train: {name} holds values that are not finite")
    return Rows({n: values[:, i] for i, n in enumerate(header)})
