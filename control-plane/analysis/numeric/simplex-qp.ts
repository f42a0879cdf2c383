import { choleskyAppend, choleskySolve, type Matrix } from './linear.ts';
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
  const lower: number[][] = [];
  weights[at(support, 0)] = 1;
  for (let step = 0; step < 50 * k.length + 100; step++) {
    const gradient = gradientOn(k, weights, support);
    const norm = support.reduce((total, j) => total + at(weights, j) * at(gradient, j), 0);
    const next = steepest(gradient, support);
    if (next === null || at(gradient, next) >= norm - 1e-14 * scale) break;
    support.push(next);
    const kept = descend({ k, lower, scale }, weights, support);
    if (kept === null) break;
    support = kept;
  }
  return weights;
}

/** K·w, where only the support has weight; by rows of the symmetric K, which lie in one piece. */
function gradientOn(k: Matrix, weights: readonly number[], support: readonly number[]): number[] {
  const total = new Array<number>(k.length).fill(0);
  for (const j of support) {
    const [row, weight] = [rowAt(k, j), at(weights, j)];
    for (let i = 0; i < total.length; i++) total[i] = at(total, i) + at(row, i) * weight;
  }
  return total;
}

const start = (k: Matrix): number =>
  k.reduce((best, row, i) => (at(row, i) < at(rowAt(k, best), best) ? i : best), 0);

function steepest(gradient: readonly number[], support: readonly number[]): number | null {
  const taken = new Uint8Array(gradient.length);
  for (const j of support) taken[j] = 1;
  let best = -1;
  for (let i = 0; i < gradient.length; i++)
    if (taken[i] === 0 && (best < 0 || at(gradient, i) < at(gradient, best))) best = i;
  return best < 0 ? null : best;
}

interface Face {
  readonly k: Matrix;
  /** Cholesky rows of the active points so far: those of a prefix that stays are kept between steps. */
  readonly lower: number[][];
  readonly scale: number;
}

/** Moves to the optimum on the support's face, dropping points whose weight reaches 0; null when nothing can move. */
function descend(face: Face, weights: number[], support: readonly number[]): number[] | null {
  let active = [...support];
  for (;;) {
    const target = affineMinimum(face, active);
    if (target === null) return null;
    const limits = active.map((j, i) =>
      at(target, i) > 0 ? Infinity : at(weights, j) / (at(weights, j) - at(target, i)),
    );
    const reach = Math.min(1, ...limits.map((limit) => (Number.isNaN(limit) ? 0 : limit)));
    for (const [i, j] of active.entries())
      weights[j] = reach === 1 ? at(target, i) : (1 - reach) * at(weights, j) + reach * at(target, i);
    if (reach === 1) return active;
    const leaving = limits.map((limit) => !(limit > reach));
    for (const [i, j] of active.entries()) if (leaving[i]) weights[j] = 0;
    face.lower.length = Math.min(face.lower.length, leaving.indexOf(true));
    active = active.filter((_, i) => !leaving[i]);
  }
}

/** Weights, of any sign, summing to 1, that minimise on the active points: (K + s·11ᵀ)u = 1, normalised (Wolfe 1976, eq. 4). */
function affineMinimum({ k, lower, scale }: Face, active: readonly number[]): number[] | null {
  const shift = scale || 1;
  for (let i = lower.length; i < active.length; i++) {
    const row = rowAt(k, at(active, i));
    const given = active.slice(0, i + 1).map((j) => at(row, j) + shift);
    if (!choleskyAppend(lower, given)) return null;
  }
  const u = choleskySolve(
    lower,
    active.map(() => 1),
  );
  const total = u.reduce((sum, x) => sum + x, 0);
  return u.map((x) => x / total);
}
