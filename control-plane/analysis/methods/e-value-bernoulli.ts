import { at, rowAt } from '../numeric/sum.ts';

type Pair = readonly [number, number];

export interface BernoulliBlocks {
  /** Successes of control and treatment per block. */
  readonly blocks: readonly (readonly number[])[];
  /** Trials of control and treatment in each block. */
  readonly size: Pair;
  readonly prior: Pair;
}

const logLaw = (x: number, n: number, theta: number): number =>
  (x === 0 ? 0 : x * Math.log(theta)) + (n === x ? 0 : (n - x) * Math.log1p(-theta));

/** Turner, Ly & Grünwald, "Generic E-variables for exact sequential k-sample tests", JSPI 230 (2024). */
export function eValueBernoulli({ blocks, size, prior }: BernoulliBlocks, after: readonly number[]) {
  const [n0, n1] = size;
  const [a, b] = prior;
  let [s0, s1, running, best] = [0, 0, 0, 0];
  const logE: number[] = [];
  const p: number[] = [];
  for (let t = 0; t < blocks.length; t++) {
    const [x0, x1] = [at(rowAt(blocks, t), 0), at(rowAt(blocks, t), 1)];
    const theta0 = (a + s0) / (a + b + n0 * t);
    const theta1 = (a + s1) / (a + b + n1 * t);
    const pooled = (n0 * theta0 + n1 * theta1) / (n0 + n1);
    running +=
      logLaw(x0, n0, theta0) + logLaw(x1, n1, theta1) - logLaw(x0, n0, pooled) - logLaw(x1, n1, pooled);
    s0 += x0;
    s1 += x1;
    best = Math.max(best, running);
    logE.push(running);
    p.push(Math.exp(-best));
  }
  return { logE: after.map((t) => at(logE, t - 1)), p: after.map((t) => at(p, t - 1)) };
}
