import { at } from '../numeric/sum.ts';

export interface SwitchbackInput {
  readonly outcomes: readonly number[];
  /** 1: treatment in that block. */
  readonly blockArms: readonly number[];
  readonly blockLength: number;
  /** Periods that a treatment lasts on. */
  readonly burnIn: number;
  readonly treatmentProbability: number;
}

/** More blocks than this are not enumerated. */
export const MAX_BLOCKS = 22;

interface Window {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** Outcomes summed by the blocks that their window of burnIn + 1 periods touches. */
function windows({ outcomes, blockLength, burnIn }: SwitchbackInput): Window[] {
  const found = new Map<string, Window>();
  for (let t = burnIn; t < outcomes.length; t++) {
    const [first, last] = [Math.floor((t - burnIn) / blockLength), Math.floor(t / blockLength)];
    const key = `${first}-${last}`;
    found.set(key, { first, last, total: (found.get(key)?.total ?? 0) + at(outcomes, t) });
  }
  return [...found.values()];
}

/** Horvitz-Thompson effect and its randomisation test (Bojinov, Simchi-Levi & Zhao, Management Science 69 (2023)). */
export function switchback(input: SwitchbackInput): { effect: number; p: number; assignments: number } {
  const { blockArms, treatmentProbability: q } = input;
  const all = windows(input).map(({ first, last, total }) => {
    const blocks = last - first + 1;
    return { mask: (2 ** blocks - 1) * 2 ** first, on: total / q ** blocks, off: total / (1 - q) ** blocks };
  });
  const periods = input.outcomes.length - input.burnIn;
  const effectOf = (assignment: number): number => {
    let total = 0;
    for (const { mask, on, off } of all) {
      const treated = assignment & mask;
      if (treated === mask) total += on;
      else if (treated === 0) total -= off;
    }
    return total / periods;
  };
  const observed = effectOf(blockArms.reduce((bits, arm, i) => bits + arm * 2 ** i, 0));
  const assignments = 2 ** blockArms.length;
  const room = 1e-9 * Math.max(1, Math.abs(observed));
  const weight = Array.from(
    { length: blockArms.length + 1 },
    (_, k) => q ** k * (1 - q) ** (blockArms.length - k),
  );
  const counts = weight.map(() => 0);
  for (let a = 0; a < assignments; a++)
    if (Math.abs(effectOf(a)) >= Math.abs(observed) - room) {
      const k = bitCount(a);
      counts[k] = at(counts, k) + 1;
    }
  return { effect: observed, p: counts.reduce((p, n, k) => p + n * at(weight, k), 0), assignments };
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
