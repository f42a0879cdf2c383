import { cholesky, choleskySolve, type Matrix } from './linear.ts';
import { at, rowAt } from './sum.ts';

/**
 * Weights w ≥ 0, Σw = 1 that minimise wᵀKw, K = [⟨dⱼ, dₗ⟩] the Gram matrix of points d: the point of least norm in their
 * convex hull. Wolfe's algorithm ("Finding the nearest point in a polytope", Mathematical Programming 11 (1976)): an active set
 * that ends after finitely many steps at the optimum, not at a tolerance of a descent.
 * Because Σw = 1, least squares ‖Aw − b‖² is this problem with dⱼ = aⱼ − b; a ridge is added to K's diagonal.
 */
export function simplexWeights(k: Matrix): number[] {
  const scale = Math.max(...k.map((row, i) => at(row, i)), 0);
  const weights = new Array<number>(k.length).fill(0);
  if (k.length === 0) return weights;
  let support = [start(k)];
  weights[at(support, 0)] = 1;
  for (let step = 0; step < 50 * k.length + 100; step++) {
    const gradient = gradientOn(k, weights, support);
    const norm = support.reduce((total, j) => total + at(weights, j) * at(gradient, j), 0);
    const next = steepest(gradient, support);
    if (next === null || at(gradient, next) >= norm - 1e-14 * scale) break;
    support.push(next);
    const kept = descend(k, weights, support, scale);
    if (kept === null) break;
    support = kept;
  }
  return weights;
}

/** K·w, where only the support has weight. */
function gradientOn(k: Matrix, weights: readonly number[], support: readonly number[]): number[] {
  return k.map((row) => {
    let total = 0;
    for (const j of support) total += at(row, j) * at(weights, j);
    return total;
  });
}

const start = (k: Matrix): number =>
  k.reduce((best, row, i) => (at(row, i) < at(rowAt(k, best), best) ? i : best), 0);

function steepest(gradient: readonly number[], support: readonly number[]): number | null {
  let best: number | null = null;
  for (const [i, g] of gradient.entries())
    if (!support.includes(i) && (best === null || g < at(gradient, best))) best = i;
  return best;
}

/** Moves to the optimum on the support's face, dropping points whose weight reaches 0; null when nothing can move. */
function descend(k: Matrix, weights: number[], support: readonly number[], scale: number): number[] | null {
  let active = [...support];
  for (;;) {
    const target = affineMinimum(k, active, scale);
    if (target === null) return null;
    const limits = active.map((j, i) =>
      at(target, i) > 0 ? Infinity : at(weights, j) / (at(weights, j) - at(target, i)),
    );
    const reach = Math.min(1, ...limits.map((limit) => (Number.isNaN(limit) ? 0 : limit)));
    for (const [i, j] of active.entries())
      weights[j] = reach === 1 ? at(target, i) : (1 - reach) * at(weights, j) + reach * at(target, i);
    if (reach === 1) return active;
    const leaving = active.filter((_, i) => !(at(limits, i) > reach));
    for (const j of leaving) weights[j] = 0;
    active = active.filter((j) => !leaving.includes(j));
  }
}

/** Weights, of any sign, summing to 1, that minimise on the active points: (K + s·11ᵀ)u = 1, normalised (Wolfe 1976, eq. 4). */
function affineMinimum(k: Matrix, active: readonly number[], scale: number): number[] | null {
  const shift = scale || 1;
  const lower = cholesky(active.map((i) => active.map((j) => at(rowAt(k, i), j) + shift)));
  if (lower === null) return null;
  const u = choleskySolve(
    lower,
    active.map(() => 1),
  );
  const total = u.reduce((sum, x) => sum + x, 0);
  return u.map((x) => x / total);
}
