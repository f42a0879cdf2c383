interface Rule {
  readonly node: number;
  readonly weight: number;
}

/** Gauss-Legendre nodes and weights on [−1, 1]: Newton on P_n from Chebyshev's guess (Numerical Recipes 4.6). */
function gaussLegendre(n: number): readonly Rule[] {
  return Array.from({ length: n }, (_, i) => {
    let z = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 100; round++) {
      let [p1, p2] = [1, 0];
      for (let j = 1; j <= n; j++) [p1, p2] = [((2 * j - 1) * z * p1 - (j - 1) * p2) / j, p1];
      slope = (n * (z * p1 - p2)) / (z * z - 1);
      const step = p1 / slope;
      z -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    return { node: z, weight: 2 / ((1 - z * z) * slope * slope) };
  });
}

const RULE = gaussLegendre(20);

/** ∫ f over [low, high] by `panels` equal panels of the 20-point rule: deterministic, exact for smooth f. */
export function integrate(f: (x: number) => number, low: number, high: number, panels = 32): number {
  const half = (high - low) / panels / 2;
  let total = 0;
  for (let p = 0; p < panels; p++) {
    const centre = low + (2 * p + 1) * half;
    for (const { node, weight } of RULE) total += weight * f(centre + half * node);
  }
  return total * half;
}

/** Nodes and weights of the same composite rule, for integrals that are built up step by step. */
export function gaussNodes(low: number, high: number, panels: number): { x: number; weight: number }[] {
  const half = (high - low) / panels / 2;
  return Array.from({ length: panels }, (_, p) => low + (2 * p + 1) * half).flatMap((centre) =>
    RULE.map(({ node, weight }) => ({ x: centre + half * node, weight: weight * half })),
  );
}
