import { at, sum } from '../numeric/sum.ts';

interface Atom {
  readonly x: number;
  /** Mass of the reference less mass of the current sample. */
  readonly mass: number;
}

/** W₁ of two weighted samples: the area between their distribution functions. Weights default to 1 each. */
export function wasserstein(
  reference: readonly number[],
  current: readonly number[],
  weights: { readonly reference?: readonly number[]; readonly current?: readonly number[] } = {},
): { distance: number } {
  const atoms = (values: readonly number[], given: readonly number[] | undefined, sign: number): Atom[] => {
    const total = given ? sum(given) : values.length;
    return values.map((x, i) => ({ x, mass: (sign * (given ? at(given, i) : 1)) / total }));
  };
  const all = [...atoms(reference, weights.reference, 1), ...atoms(current, weights.current, -1)].sort(
    (a, b) => a.x - b.x,
  );
  let gap = 0;
  const areas = all.slice(1).map((atom, i) => {
    const before = all[i] as Atom;
    gap += before.mass;
    return Math.abs(gap) * (atom.x - before.x);
  });
  return { distance: sum(areas) };
}
