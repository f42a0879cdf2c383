// Question: are the recipes' effects under the sample shop's response models large enough to be found?
// Trains every recipe, lets each answer every row of the traffic pool, and compares exact expectations with the standard
// error that drawn outcomes have at the stated number of units. Exits 1 when an effect is too small.
//   node loadtests/recipe-effects.ts [--seed 1] [--families ranking,pricing]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureExtracted } from '@assay/adapters/trainer/extracted';
import { localProcessRunner } from '@assay/adapters/trainer/local-process';
import { referenceTrainers } from '@assay/adapters/trainer/reference-trainers';
import { FAMILIES } from '@assay/domain/families/all';
import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import { prng } from '@assay/domain/prng';
import type { PoolRow, ServedAnswer } from '@assay/simulator/pool-row';
import { drawOutcome, expectedOutcome } from '@assay/simulator/response/all';
import { decide, modelInput } from '@assay/simulator/response/decide';
import { buildSnapshot } from '@assay/simulator/snapshot/build';
import { loadPool } from '@assay/simulator/snapshot/pool';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    families: { type: 'string', default: FAMILY_NAMES.join(',') },
  },
});
const seed = Number(values.seed);
const cacheDir = process.env.ASSAY_CACHE ?? fileURLToPath(new URL('../.assay/cache', import.meta.url));
const RECIPES = ['baseline', 'good', 'harmful'] as const;
const DRAWS = 5;
/** What must be found: standard errors at this many units an arm. The harmful ones here are those that reach customers. */
const NEEDED = [
  {
    arm: 'good',
    against: 'baseline',
    units: 4000,
    errors: 5,
    families: ['ranking', 'pricing', 'bidding', 'vision'],
  },
  { arm: 'harmful', against: 'good', units: 1500, errors: 6, families: ['ranking', 'pricing'] },
] as const;
/** Forecasting: one treated store, 20 days, a synthetic control of three stores that live the same days. */
const PANEL = { days: 20, donors: 3, errors: 5 } as const;

interface Arm {
  readonly expected: readonly number[];
  /** Of drawn outcomes, over rows and luck. */
  readonly sd: number;
  /** Of luck alone. */
  readonly noise: number;
}

async function trained(family: Family, recipe: string, dir: string): Promise<string> {
  const extractedDir = await ensureExtracted({ cacheDir, family, onProgress: console.log });
  const snapshotDir = join(dir, 'snapshot');
  await buildSnapshot({
    family,
    extractedDir,
    outDir: snapshotDir,
    seed,
    source: { kind: 'sample' },
    nowMs: 0,
  });
  const outDir = join(dir, recipe);
  const job = { snapshotDir, outDir, seed, recipe, logFile: `${outDir}.log`, stallMs: 60_000 };
  const trainer = await referenceTrainers({ cacheDir })(family);
  await localProcessRunner().run({ ...trainer, ...job, onProgress: () => undefined });
  return join(outDir, 'model.onnx');
}

async function answers(family: Family, file: string, rows: readonly PoolRow[]): Promise<ServedAnswer[]> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const served: ServedAnswer[] = [];
  for (const row of rows) {
    const x = modelInput(family, row);
    const found = await session.run({
      [x.name]: new Tensor('float32', Float32Array.from(x.data), [...x.shape]),
    });
    const outputs = session.outputNames.map((name) => Array.from(found[name]?.data as Float32Array));
    served.push(decide(family, row, outputs).served);
  }
  await session.release();
  return served;
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const sd = (xs: readonly number[]): number => {
  const m = mean(xs);
  return Math.sqrt(xs.reduce((a, b) => a + (b - m) ** 2, 0) / (xs.length - 1));
};

function measured(family: Family, rows: readonly PoolRow[], served: readonly ServedAnswer[]): Arm {
  const metric = FAMILIES[family].northStar.name;
  const rng = prng(`effects/${family}/${seed}`);
  const pairs = rows.flatMap((row, i) => {
    const answer = served[i];
    return answer === undefined ? [] : [{ row, answer }];
  });
  const expected = pairs.map(({ row, answer }) => expectedOutcome(family, row, answer)[metric] ?? Number.NaN);
  const drawn = pairs.flatMap(({ row, answer }, i) =>
    Array.from({ length: DRAWS }, () => {
      const value = drawOutcome(family, row, answer, rng).metrics[metric] ?? Number.NaN;
      return { value, luck: value - (expected[i] ?? Number.NaN) };
    }),
  );
  return { expected, sd: sd(drawn.map((d) => d.value)), noise: sd(drawn.map((d) => d.luck)) };
}

let short = 0;
function tell(family: Family, what: string, effect: number, error: number, needed: number): void {
  const ratio = Math.abs(effect) / error;
  if (!(ratio >= needed)) short += 1;
  console.log(`| ${family} | ${what} | ${effect.toFixed(4)} | ${ratio.toFixed(1)} | ${needed} |`);
}

function compare(family: Family, arms: Readonly<Record<(typeof RECIPES)[number], Arm>>): void {
  for (const { arm, against, units, errors, families } of NEEDED) {
    if (!(families as readonly Family[]).includes(family)) continue;
    const [a, b] = [arms[arm], arms[against]];
    const error = Math.sqrt((a.sd ** 2 + b.sd ** 2) / units);
    tell(
      family,
      `${arm} − ${against}, ${units} units an arm`,
      mean(a.expected) - mean(b.expected),
      error,
      errors,
    );
  }
  if (family !== 'forecasting') return;
  const error = arms.baseline.noise * Math.sqrt((1 + 1 / PANEL.donors) / PANEL.days);
  const effect = mean(arms.good.expected) - mean(arms.baseline.expected);
  tell(family, `good − baseline, one store, ${PANEL.days} days`, effect, error, PANEL.errors);
}

const dir = await mkdtemp(join(tmpdir(), 'assay-effects-'));
console.log(
  '| family | effect on the north star | truth | standard errors | needed |\n|---|---|---|---|---|',
);
for (const family of values.families.split(',') as Family[]) {
  const rows = await loadPool(family, await ensureExtracted({ cacheDir, family }), seed);
  const arm = async (recipe: string): Promise<Arm> =>
    measured(family, rows, await answers(family, await trained(family, recipe, join(dir, family)), rows));
  compare(family, {
    baseline: await arm('baseline'),
    good: await arm('good'),
    harmful: await arm('harmful'),
  });
}
await rm(dir, { recursive: true });
process.exitCode = short === 0 ? 0 : 1;
