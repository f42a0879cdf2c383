"""`python -m assay_trainers.train --family F --recipe R --snapshot DIR --out DIR --seed N`, the contract of README.md."""

import os

# One thread, set before numpy loads: sums in another order would be another model.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

FAMILIES = ("ranking", "forecasting", "pricing", "bidding", "vision")


def progress(share: float, message: str) -> None:
    print(json.dumps({"progress": share, "message": message}), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--family", required=True, choices=FAMILIES)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--snapshot", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seed", required=True, type=int)
    args = parser.parse_args()
    progress(0.0, "loading the libraries")
    from . import dataset, outputs

    family = importlib.import_module(f".families.{args.family}", __package__)
    try:
        started = time.monotonic()
        progress(0.1, "reading the snapshot")
        data = dataset.load(args.snapshot, args.family, [*family.SPEC.columns, *family.SPEC.labels])
        trained = family.train(args.recipe, data, args.seed, progress)
        progress(0.9, "writing the model")
        seconds = time.monotonic() - started
        outputs.write(args.out, args.family, args.recipe, args.seed, data.facts, family.SPEC, trained, seconds)
    except dataset.Refusal as refusal:
        print(json.dumps({"refused": refusal.code, "message": str(refusal)}), flush=True)
        return 3
    progress(1.0, f"{family.SPEC.quality} {trained.quality:.4f}, naive {trained.naive:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
