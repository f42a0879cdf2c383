import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { pricing } from '@assay/domain/families/pricing';
import { prng } from '@assay/domain/prng';
import { serveStandalone } from '@assay/model-servers/server/stand-alone';
import type { PoolRow } from '@assay/simulator/pool-row';
import { drive } from '@assay/simulator/traffic/drive';
import { truth } from '@assay/simulator/traffic/truth';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { logisticOnnx } from '../plane/onnx-logistic.ts';
import { until } from '../plane/until.ts';

const fp32 = (name: string, shape: number[], data: number[]) =>
  ({ name, datatype: 'FP32', shape, data }) as const;

/** Occasions like those of the pricing pool: dollars in the context, cents for the shop. */
const occasions: readonly PoolRow[] = Array.from({ length: 120 }, (_, i) => {
  const rng = prng(`occasion/${i}`);
  const reference = Math.round(170 + 30 * rng.next());
  const context = [1.7 + 0.3 * rng.next(), 0, 0, rng.next(), 0, 1, 240];
  const [competitorPrice = 0, , , loyalty = 0] = context;
  return {
    key: String(i),
    inputs: [
      fp32('context', [1, 7], context),
      fp32('reference_price_cents', [1], [reference]),
      fp32('cost_cents', [1], [120]),
    ],
    row: { competitorPrice, loyalty, context, referencePriceCents: reference, costCents: 120 },
  };
});

/** price, competitor_price, …, loyalty: the first is the shop's own law of buying, the second believes in bargains. */
const MODELS = {
  '1': logisticOnnx([-3.71, 2.72, 0, 0, 6.43, 0, 0, 0], -1.45),
  '2': logisticOnnx([-15, 2.72, 0, 0, 6.43, 0, 0, 0], 10),
};

function planFile(dir: string): string {
  for (const [version, model] of Object.entries(MODELS)) {
    mkdirSync(join(dir, version));
    writeFileSync(join(dir, version, 'model.onnx'), model);
  }
  const served = (version: string) => ({ model: 'shelf-pricer', version, path: `${version}/model.onnx` });
  const endpoint = {
    name: 'shelf-price',
    family: 'pricing',
    champion: served('1'),
    canary: { ...served('2'), rollout: 'r1', weight: 0.5 },
    policy: pricing.policy,
  };
  const file = join(dir, 'plan.json');
  writeFileSync(file, JSON.stringify({ version: 1, endpoints: [endpoint] }));
  return file;
}

/** Decision ids of all sealed served rows, read from the files themselves. */
async function sealedDecisions(evidenceDir: string): Promise<Set<string>> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const files = join(evidenceDir, 'predictions', '*', '*', '*.parquet');
  const rows = await connection.runAndReadAll(
    `SELECT decision_id FROM read_parquet('${files}') WHERE role = 'served'`,
  );
  connection.closeSync();
  return new Set(rows.getRows().map(([id]) => String(id)));
}

test('a real server: every answer is in the evidence, and the evidence tells the effect that is true', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-served-'));
  const evidenceDir = join(dir, 'evidence');
  const stop = new AbortController();
  try {
    const log = join(dir, 'client.log');
    const world = { endpoint: 'shelf-price', family: 'pricing', pool: occasions, seed: 3 } as const;
    await using server = await serveStandalone({
      plan: planFile(dir),
      port: 0,
      httpPort: 0,
      evidence: evidenceDir,
      sealAfterMs: 500,
    });
    const driver = drive({
      ...world,
      addresses: [server.grpc],
      ratePerSecond: 400,
      signal: stop.signal,
      log,
    });
    await until('2,000 answers', () => driver.report().answered >= 2_000);
    stop.abort();
    const report = await driver.done;
    expect(report).toMatchObject({ failed: 0, violations: 0, outcomesRefused: 0 });
    expect(report.outcomesReceipted).toBe(report.answered);

    const versions = { control: '1', treatment: '2' };
    const real = await truth({ ...world, address: server.grpc, versions, metric: 'margin_cents' });
    await using source = await DuckdbEvidenceSource.open({ evidenceDir });
    const look = () =>
      source.arms({ endpoint: 'shelf-price', rollout: 'r1', metrics: ['margin_cents'], sinceMs: 0 });
    const answered = new Set(readFileSync(log, 'utf8').trim().split('\n'));
    expect(answered.size).toBe(report.answered);
    const { arms, assigned } = await until('all outcomes sealed', async () => {
      const now = await look();
      const withOutcome = Object.values(now.arms).reduce((n, arm) => n + (arm.margin_cents?.n ?? 0), 0);
      const units = Object.values(now.assigned).reduce((n, count) => n + count, 0);
      return units > 0.85 * report.answered && withOutcome === units && now;
    });
    const half = { endpoint: 'shelf-price', rollout: 'r1', metrics: [], sinceMs: 0, weight: 0.5 };
    expect((await source.arms(half)).assigned, 'the weight as the server logs it').toEqual(assigned);
    const evidence = await sealedDecisions(evidenceDir);
    expect([...answered].filter((id) => !evidence.has(id))).toEqual([]);
    const [control, treatment] = [arms.champion?.margin_cents, arms.canary?.margin_cents];
    if (!control || !treatment) throw new Error(`an arm has no outcomes: ${JSON.stringify(arms)}`);
    const error = Math.sqrt(control.variance / control.n + treatment.variance / treatment.n);
    // The harm is real and larger than the noise; the estimate is within four standard errors of it
    expect(real.truth).toBeLessThan(-5 * error);
    expect(Math.abs(treatment.mean - control.mean - real.truth)).toBeLessThan(4 * error);
    // Half and half, within four standard deviations
    const units = (assigned.champion ?? 0) + (assigned.canary ?? 0);
    expect(Math.abs((assigned.canary ?? 0) - units / 2)).toBeLessThan(2 * Math.sqrt(units));
  } finally {
    stop.abort();
    rmSync(dir, { recursive: true, force: true });
  }
});
