// Question: are the recipes' effects under the sample shop's response models large enough to be found?
// Decides every row of the traffic pool with each recipe's ONNX file and compares exact expectations; the standard
// error is that of the drawn outcomes at the stated number of units.
//   node workflows/trainers/effects.ts --extracted DIR --models DIR   (DIR/<family>/…, DIR/<family>/<recipe>/model.onnx)
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAMILIES } from '@assay/domain/families/all';
import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import { prng } from '@assay/domain/prng';
import type { PoolRow, ServedAnswer } from '@assay/simulator/pool-row';
import { drawOutcome, expectedOutcome } from '@assay/simulator/response/all';
import { decide, modelInput } from '@assay/simulator/response/decide';
import type { VisionRow } from '@assay/simulator/response/vision';
import { drifted } from '@assay/simulator/snapshot/drift';
import { loadPool } from '@assay/simulator/snapshot/pool';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { values } = parseArgs({
  options: {
    extracted: { type: 'string' },
    models: { type: 'string' },
    families: { type: 'string', default: FAMILY_NAMES.join(',') },
  },
});
if (values.extracted === undefined || values.models === undefined)
  throw new Error('usage: effects.ts --extracted DIR --models DIR');
const [extracted, models] = [values.extracted, values.models];

interface Arm {
  readonly recipe: string;
  readonly served: readonly ServedAnswer[];
  readonly trips: number;
}

async function armOf(family: Family, recipe: string, rows: readonly PoolRow[]): Promise<Arm> {
  const session = await InferenceSession.create(join(models, family, recipe, 'model.onnx'), {
    intraOpNumThreads: 1,
  });
  const served: ServedAnswer[] = [];
  let trips = 0;
  for (const row of rows) {
    const x = modelInput(family, row);
    const answers = await session.run({
      [x.name]: new Tensor('float32', Float32Array.from(x.data), [...x.shape]),
    });
    const decision = decide(
      family,
      row,
      session.outputNames.map((n) => Array.from(answers[n]?.data as Float32Array)),
    );
    served.push(decision.served);
    trips += decision.trips;
  }
  await session.release();
  return { recipe, served, trips: trips / rows.length };
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const variance = (xs: readonly number[]): number => {
  const m = mean(xs);
  return xs.reduce((a, b) => a + (b - m) ** 2, 0) / (xs.length - 1);
};

interface Measured {
  readonly truth: number;
  readonly sd: number;
}

function measure(family: Family, rows: readonly PoolRow[], arm: Arm, metric: string): Measured {
  const rng = prng(`effects/${family}/${arm.recipe}`);
  const expected = rows.map((row, i) => expectedOutcome(family, row, arm.served[i] ?? {})[metric] ?? 0);
  const drawn = rows.flatMap((row, i) =>
    Array.from({ length: 5 }, () => drawOutcome(family, row, arm.served[i] ?? {}, rng).metrics[metric] ?? 0),
  );
  return { truth: mean(expected), sd: Math.sqrt(variance(drawn)) };
}

function tell(family: Family, rows: readonly PoolRow[], arms: readonly Arm[]): void {
  const spec = FAMILIES[family];
  const names = new Set([spec.northStar.name, ...spec.guardrails.map((g) => g.name)]);
  console.log(`\n${family}: ${rows.length} rows of traffic`);
  for (const name of names) {
    const by = new Map(arms.map((arm) => [arm.recipe, measure(family, rows, arm, name)]));
    for (const arm of arms) {
      const m = by.get(arm.recipe);
      if (m)
        console.log(
          `  ${name} ${arm.recipe}: ${m.truth.toFixed(4)} (sd ${m.sd.toFixed(3)}), tripped ${(100 * arm.trips).toFixed(1)} %`,
        );
    }
    for (const [a, b, n] of [
      ['good', 'baseline', 4000],
      ['harmful', 'good', 1500],
      ['harmful', 'baseline', 1500],
    ] as const) {
      const [x, y] = [by.get(a), by.get(b)];
      if (!x || !y) continue;
      const se = Math.sqrt((x.sd ** 2 + y.sd ** 2) / n);
      console.log(
        `  ${name} ${a} − ${b}: ${(x.truth - y.truth).toFixed(4)} = ${((x.truth - y.truth) / se).toFixed(1)} standard errors at ${n} units an arm`,
      );
    }
  }
}

for (const family of values.families.split(',') as Family[]) {
  const rows = await loadPool(family, join(extracted, family), 1);
  const recipes = ['baseline', 'good', 'harmful'].filter((r) =>
    existsSync(join(models, family, r, 'model.onnx')),
  );
  tell(family, rows, await Promise.all(recipes.map((r) => armOf(family, r, rows))));
  if (family === 'vision') {
    const dim = (rows as readonly PoolRow<VisionRow>[]).map((row) => drifted(row, 'new-scanner'));
    console.log('\nvision after the drift:');
    tell(family, dim, await Promise.all(recipes.map((r) => armOf(family, r, dim))));
  }
}
