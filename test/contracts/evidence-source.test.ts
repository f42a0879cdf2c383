import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { outcome, prediction, SealedEvidence } from './evidence-source-writer.ts';

let dir: string;
let sealed: SealedEvidence;
let source: DuckdbEvidenceSource;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'assay-evidence-'));
  sealed = await SealedEvidence.in(dir);
  source = await DuckdbEvidenceSource.open({ evidenceDir: dir, recheckMs: 0 });
});

afterEach(async () => {
  await source[Symbol.asyncDispose]();
  sealed.close();
  rmSync(dir, { recursive: true, force: true });
});

const canary = (id: string, unit: string, arm: string, fields = {}) =>
  prediction({ decision_id: id, unit_key: unit, arm, rollout: 'r', ...fields });
const paid = (id: string, decision: string, margin: number, fields = {}) =>
  outcome({ outcome_id: id, decision_id: decision, metrics: { margin_cents: margin }, ...fields });
const ROLLOUT = { endpoint: 'e', rollout: 'r', metrics: ['margin_cents'], sinceMs: 0 } as const;

describe('arms', () => {
  test('a unit counts once, with the mean of its outcomes; who has none is assigned all the same', async () => {
    await sealed.seal('predictions', 'e', [
      canary('d1', 'a', 'champion'),
      canary('d2', 'a', 'champion'),
      canary('d3', 'b', 'champion'),
      canary('d4', 'c', 'canary'),
      canary('d5', 'd', 'canary'),
      canary('d6', 'x', 'pinned'),
      canary('d7', 'y', 'canary', { role: 'shadow' }),
      canary('d8', 'z', 'canary', { rollout: 'other' }),
      canary('d9', 'w', 'canary', { status: 'INTERNAL' }),
    ]);
    await sealed.seal('outcomes', 'e', [
      paid('o1', 'd1', 10),
      paid('o2', 'd2', 30),
      paid('o3', 'd3', 5),
      paid('o4', 'd4', 7),
      paid('o6', 'd6', 1000),
      paid('o8', 'd8', 1000),
    ]);
    const answer = await source.arms(ROLLOUT);
    expect(answer.assigned).toEqual({ champion: 2, canary: 3 });
    // Units a: (10 + 30) / 2 = 20 and b: 5; mean 12.5, variance (7.5² + 7.5²) / 1
    expect(answer.arms.champion?.margin_cents).toEqual({ n: 2, mean: 12.5, variance: 112.5 });
    expect(answer.arms.canary?.margin_cents).toEqual({ n: 1, mean: 7, variance: 0 });
  });

  test('an outcome id counts once, however often and in however many files it comes', async () => {
    await sealed.seal('predictions', 'e', [canary('d1', 'a', 'champion'), canary('d2', 'b', 'champion')]);
    await sealed.seal('outcomes', 'e', [
      paid('o1', 'd1', 4),
      paid('o1', 'd1', 400, { received_at_ms: 9_000 }),
      paid('o2', 'd2', 8),
    ]);
    await source.arms(ROLLOUT);
    await sealed.seal('outcomes', 'e', [paid('o2', 'd2', 800, { received_at_ms: 9_000 })]);
    const { arms } = await source.arms(ROLLOUT);
    expect(arms.champion?.margin_cents).toEqual({ n: 2, mean: 6, variance: 8 });
  });

  test('an outcome without a decision belongs to the latest answer of its unit before it', async () => {
    await sealed.seal('predictions', 'e', [
      canary('d1', 'a', 'champion', { at_ms: 100 }),
      canary('d2', 'a', 'canary', { at_ms: 300 }),
      canary('d3', 'a', 'champion', { at_ms: 900, rollout: '' }),
    ]);
    const byUnit = (id: string, at: number, margin: number) =>
      paid(id, '', margin, { unit_key: 'a', occurred_at_ms: at });
    await sealed.seal('outcomes', 'e', [
      byUnit('before', 50, 1000),
      byUnit('o1', 200, 3),
      byUnit('o2', 400, 5),
      byUnit('after the rollout', 950, 1000),
    ]);
    const { arms } = await source.arms(ROLLOUT);
    expect(arms.champion?.margin_cents?.mean).toBe(3);
    expect(arms.canary?.margin_cents?.mean).toBe(5);
  });

  test('experiment arms, several metrics, rows before sinceMs left out', async () => {
    const arm = (id: string, name: string, at = 1_000) =>
      prediction({ decision_id: id, unit_key: id, arm: name, experiment: 'x', at_ms: at });
    await sealed.seal('predictions', 'e', [
      arm('d1', 'control'),
      arm('d2', 'treatment'),
      arm('d3', 'control', 10),
    ]);
    await sealed.seal('outcomes', 'e', [
      outcome({ outcome_id: 'o1', decision_id: 'd1', metrics: { a: 1, b: 2 } }),
      outcome({ outcome_id: 'o2', decision_id: 'd2', metrics: { a: 3 } }),
      outcome({ outcome_id: 'o3', decision_id: 'd3', metrics: { a: 99 } }),
    ]);
    const answer = await source.arms({
      endpoint: 'e',
      experiment: 'x',
      metrics: ['a', 'b', 'c'],
      sinceMs: 500,
    });
    expect(answer.arms).toEqual({
      control: { a: { n: 1, mean: 1, variance: 0 }, b: { n: 1, mean: 2, variance: 0 } },
      treatment: { a: { n: 1, mean: 3, variance: 0 } },
    });
    expect(answer.assigned).toEqual({ control: 1, treatment: 1 });
  });

  // Σx² − (Σx)²/n in doubles would be off by more than the variance itself here
  test('small differences of large numbers survive', async () => {
    const values = Array.from({ length: 1_000 }, (_, i) => 1e8 + (i % 2));
    await sealed.seal(
      'predictions',
      'e',
      values.map((_, i) => canary(`d${i}`, `u${i}`, 'champion')),
    );
    await sealed.seal(
      'outcomes',
      'e',
      values.map((v, i) => paid(`o${i}`, `d${i}`, v)),
    );
    const { arms } = await source.arms(ROLLOUT);
    expect(arms.champion?.margin_cents?.mean).toBe(1e8 + 0.5);
    expect(arms.champion?.margin_cents?.variance).toBeCloseTo((1_000 * 0.25) / 999, 8);
  });

  test('nothing sealed yet is nothing, not an error', async () => {
    expect(await source.arms({ ...ROLLOUT, endpoint: 'new' })).toEqual({ arms: {}, assigned: {} });
  });

  test('a metric that is not finite is refused by name', async () => {
    await sealed.sealQuery('predictions', 'e', predictionSql('canary'), 1);
    await sealed.sealQuery(
      'outcomes',
      'e',
      `SELECT 'o' AS outcome_id, 'd' AS decision_id, '' AS unit_key, 1::BIGINT AS occurred_at_ms,
         1::BIGINT AS received_at_ms, MAP {'margin_cents': 'nan'::DOUBLE} AS metrics,
         MAP {'x': 0.0::DOUBLE} AS labels, NULL::BIGINT AS period`,
      1,
    );
    await expect(source.arms(ROLLOUT)).rejects.toMatchObject({
      code: 'EVIDENCE_UNREADABLE',
      message: expect.stringContaining('margin_cents'),
    });
  });
});

const predictionSql = (arm: string): string =>
  `SELECT 'd' AS decision_id, 'served' AS role, 1000::BIGINT AS at_ms, 'u' AS unit_key, 'm' AS model,
     '1' AS version, '${arm}' AS arm, '' AS experiment, 'r' AS rollout, 0.5::DOUBLE AS propensity, 'OK' AS status, 5::BIGINT AS latency_us,
     '[]' AS guardrails, []::DOUBLE[] AS features, MAP {'x': 0.0::DOUBLE} AS served`;

describe('what cannot be read', () => {
  test('a Parquet file without its manifest is not there yet', async () => {
    const file = await sealed.seal('predictions', 'e', [canary('d1', 'a', 'champion')]);
    const manifest = file.replace('.parquet', '.json');
    const text = readFileSync(manifest, 'utf8');
    rmSync(manifest);
    expect((await source.arms(ROLLOUT)).assigned).toEqual({});
    writeFileSync(manifest, text);
    expect((await source.arms(ROLLOUT)).assigned).toEqual({ champion: 1 });
  });

  test.for([
    ['a file that changed after it was sealed', (file: string) => appendFileSync(file, 'x'), 'SHA-256'],
    ['a file that is gone', (file: string) => rmSync(file), 'ENOENT'],
    [
      'a manifest that is none',
      (file: string) => writeFileSync(file.replace('.parquet', '.json'), '{"rows":1'),
      'manifest',
    ],
    [
      'a manifest without a digest',
      (file: string) => writeFileSync(file.replace('.parquet', '.json'), '{"rows":1}'),
      'sha256',
    ],
    [
      'a sealed file that is no Parquet',
      (file: string, evidence: SealedEvidence) => {
        writeFileSync(file, 'not parquet at all');
        evidence.writeManifest(file, 'predictions', 'e', '2026-11-24', 1);
      },
      'magic bytes',
    ],
    [
      'a manifest that promises more rows',
      (file: string, evidence: SealedEvidence) =>
        evidence.writeManifest(file, 'predictions', 'e', '2026-11-24', 2),
      'its manifest says 2',
    ],
  ] as const)('%s stops the look and is named', async ([, spoil, why]) => {
    await sealed.seal('predictions', 'e', [canary('d0', 'z', 'champion')]);
    const file = await sealed.seal('predictions', 'e', [canary('d1', 'a', 'champion')]);
    spoil(file, sealed);
    const name = file.split('/').at(-1)?.replace('.parquet', '') ?? '?';
    for (const look of [1, 2]) {
      await expect(source.arms(ROLLOUT), `look ${look}`).rejects.toMatchObject({
        code: 'EVIDENCE_UNREADABLE',
        message: expect.stringMatching(new RegExp(`${name}.*${why}`, 's')),
      });
    }
  });

  test('a rewritten file replaces its rows, as after an erasure', async () => {
    await sealed.seal('predictions', 'e', [canary('d1', 'a', 'champion'), canary('d2', 'b', 'champion')]);
    const file = await sealed.seal('outcomes', 'e', [paid('o1', 'd1', 2), paid('o2', 'd2', 4)]);
    expect((await source.arms(ROLLOUT)).arms.champion?.margin_cents?.n).toBe(2);
    const other = await sealed.seal('outcomes', 'e', [paid('o1', 'd1', 2)], '2026-11-25');
    writeFileSync(file, readFileSync(other));
    sealed.writeManifest(file, 'outcomes', 'e', '2026-11-24', 1);
    expect((await source.arms(ROLLOUT)).arms.champion?.margin_cents).toEqual({ n: 1, mean: 2, variance: 0 });
  });
});
