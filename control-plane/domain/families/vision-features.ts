import { VISION_SIDE } from './vision.ts';

const LAST = VISION_SIDE - 1;

/**
 * The five image features of family vision, in the order of its featureNames, for one 8 × 8 image (row-major, 0 to 16).
 * workflows/trainers/assay_trainers/image_features.py computes the same; a test holds them together.
 */
export function visionFeatures(pixels: ArrayLike<number>): number[] {
  const n = VISION_SIDE * VISION_SIDE;
  let [sum, squares, rows, columns, edge] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const ink = pixels[i] ?? 0;
    const row = Math.floor(i / VISION_SIDE);
    const column = i % VISION_SIDE;
    sum += ink;
    squares += ink * ink;
    rows += ink * row;
    columns += ink * column;
    if (row === 0 || row === LAST || column === 0 || column === LAST) edge += ink;
  }
  const mean = sum / n;
  const spread = Math.sqrt(Math.max(0, squares / n - mean * mean));
  const centre = (moment: number): number => (sum === 0 ? LAST / 2 : moment / sum);
  return [mean, spread, centre(rows), centre(columns), edge / (4 * LAST)];
}
