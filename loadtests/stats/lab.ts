import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { placeboTest } from '@assay/analysis/methods/placebo-test';
import { prng } from '@assay/domain/prng';

const assay = fileURLToPath(new URL('../../control-plane/cli/bin/assay.mjs', import.meta.url));

function stats(input: string): number {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, [assay, 'stats'], { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`assay stats ended with ${status}`);
  return performance.now() - startedAt;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const REQUESTS = [
  { method: 'srm', version: 1, counts: [5005, 4995], weights: [0.5, 0.5] },
  {
    method: 'mean-difference',
    version: 1,
    control: { n: 1000, mean: 1, variance: 2 },
    treatment: { n: 1000, mean: 1.1, variance: 2 },
  },
  {
    method: 'proportion-difference',
    version: 1,
    control: { successes: 80, n: 900 },
    treatment: { successes: 95, n: 905 },
  },
  {
    method: 'asymptotic-cs',
    version: 1,
    control: { n: 500, mean: 1, variance: 1 },
    treatment: { n: 500, mean: 1.2, variance: 1 },
    tuning: 1000,
  },
].map((request) => JSON.stringify(request));

/** Milliseconds from the command to its end with one request, median of some starts. */
export function coldStartMs(): number {
  stats(`${REQUESTS[0]}\n`);
  return median(Array.from({ length: 9 }, () => stats(`${REQUESTS[0]}\n`)));
}

/** Small requests a second in one process, its start not counted. */
export function requestsPerSecond(startMs: number): number {
  const count = 40_000;
  const lines = Array.from({ length: count }, (_, i) => REQUESTS[i % REQUESTS.length]);
  const ms = median([1, 2, 3].map(() => stats(`${lines.join('\n')}\n`)));
  return count / ((ms - startMs) / 1000);
}

/** Milliseconds for the treated unit and the placebos of all 500 donors over 300 periods, 240 of them before the change. */
export function placebosMs(noise: number): number {
  const random = prng(`placebos ${noise}`);
  const factors = Array.from({ length: 5 }, () => {
    let level = 0;
    return Array.from({ length: 300 }, () => {
      level += random.normal();
      return level;
    });
  });
  const panel = Array.from({ length: 501 }, () => {
    const loadings = factors.map(() => random.normal());
    return Array.from(
      { length: 300 },
      (_, t) =>
        100 +
        noise * random.normal() +
        factors.reduce((sum, f, k) => sum + (loadings[k] ?? 0) * (f[t] ?? 0), 0),
    );
  });
  const startedAt = performance.now();
  placeboTest(panel, 0, 240);
  return performance.now() - startedAt;
}
