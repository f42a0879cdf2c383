/**
 * Sums over the units of an arm, as whole numbers of the columns' resolutions: they add and take away without rounding, so
 * that merging in any order, and taking a unit's old values out and its new ones in, gives the same bits as one pass over all.
 */
export interface ExactMoments {
  readonly units: bigint;
  /** By column: Σv and Σv². */
  readonly sums: readonly bigint[];
  readonly squares: readonly bigint[];
  /** By pair of columns: Σ v·w. */
  readonly products: readonly bigint[];
}

/** Moments by arm, and the units that were exposed to more than one arm, which count in none. */
export interface ArmMoments {
  readonly arms: Readonly<Record<string, ExactMoments>>;
  readonly crossed: bigint;
}

const combined = (a: readonly bigint[], b: readonly bigint[], sign: bigint): bigint[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0n) + sign * (b[i] ?? 0n));

const NONE: ExactMoments = { units: 0n, sums: [], squares: [], products: [] };

function combine(a: ExactMoments, b: ExactMoments, sign: bigint): ExactMoments {
  return {
    units: a.units + sign * b.units,
    sums: combined(a.sums, b.sums, sign),
    squares: combined(a.squares, b.squares, sign),
    products: combined(a.products, b.products, sign),
  };
}

function byArm(a: ArmMoments, b: ArmMoments, sign: bigint): ArmMoments {
  const names = [...new Set([...Object.keys(a.arms), ...Object.keys(b.arms)])].sort();
  const arms = names.map(
    (name) => [name, combine(a.arms[name] ?? NONE, b.arms[name] ?? NONE, sign)] as const,
  );
  return {
    arms: Object.fromEntries(arms.filter(([, moments]) => moments.units !== 0n)),
    crossed: a.crossed + sign * b.crossed,
  };
}

export const NO_MOMENTS: ArmMoments = { arms: {}, crossed: 0n };

export const add = (a: ArmMoments, b: ArmMoments): ArmMoments => byArm(a, b, 1n);

/** b's units are among a's. */
export const subtract = (a: ArmMoments, b: ArmMoments): ArmMoments => byArm(a, b, -1n);
