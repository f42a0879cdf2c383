import { at, rowAt } from '../numeric/sum.ts';

type Points = readonly (readonly number[])[];

/** Unbiased squared maximum mean discrepancy under a Gaussian kernel (Gretton et al., JMLR 13 (2012), eq. 3). */
export function mmd(reference: Points, current: Points, bandwidth: number): { mmdSquared: number } {
  const scale = 2 * bandwidth * bandwidth;
  const kernel = (a: readonly number[], b: readonly number[]): number => {
    let square = 0;
    for (let i = 0; i < a.length; i++) square += (at(a, i) - at(b, i)) ** 2;
    return Math.exp(-square / scale);
  };
  const within = (points: Points): number => {
    let total = 0;
    for (let i = 1; i < points.length; i++)
      for (let j = 0; j < i; j++) total += kernel(rowAt(points, i), rowAt(points, j));
    return (2 * total) / (points.length * (points.length - 1));
  };
  let across = 0;
  for (const a of reference) for (const b of current) across += kernel(a, b);
  const mixed = (2 * across) / (reference.length * current.length);
  return { mmdSquared: within(reference) + within(current) - mixed };
}
