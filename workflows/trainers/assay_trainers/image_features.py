"""The five image features of family vision; control-plane/domain/families/vision-features.ts computes the same."""

import numpy as np

NAMES = ["mean_ink", "ink_spread", "row_centre", "column_centre", "edge_ink"]
SIDE = 8


def image_features(pixels: np.ndarray) -> np.ndarray:
    """[rows, 64] -> [rows, 5]."""
    total = pixels.sum(axis=1)
    place = np.arange(SIDE * SIDE)
    row, column = place // SIDE, place % SIDE
    edge = (row == 0) | (row == SIDE - 1) | (column == 0) | (column == SIDE - 1)
    safe = np.where(total == 0, 1, total)
    centre = lambda at: np.where(total == 0, (SIDE - 1) / 2, pixels @ at / safe)  # noqa: E731
    mean = total / place.size
    spread = np.sqrt(np.maximum(0, (pixels**2).mean(axis=1) - mean**2))
    return np.column_stack([mean, spread, centre(row), centre(column), pixels[:, edge].mean(axis=1)])
