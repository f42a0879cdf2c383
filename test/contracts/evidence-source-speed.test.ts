import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { expect, test } from 'vitest';
import { SealedEvidence } from './evidence-source-writer.ts';

const FILES = 150;
const ROWS = 1_334;
/** A look that reads two new files costs at most this much of one that reads three hundred. */
const SHARE = 1 / 3;

const predictions = (from: number): string => `
  SELECT 'd' || i AS decision_id, 'served' AS role, i AS at_ms, sha256('u' || (i % 150000)) AS unit_key,
    'm' AS model, '1' AS version, CASE WHEN i % 2 = 0 THEN 'champion' ELSE 'canary' END AS arm, '' AS experiment,
    'r' AS rollout, 0.5::DOUBLE AS propensity, 'OK' AS status, 5::BIGINT AS latency_us, '[]' AS guardrails,
    [i % 7, i % 3]::DOUBLE[] AS features, MAP {'x': i::DOUBLE} AS served
  FROM range(${from}, ${from + ROWS}) t(i)`;

const outcomes = (from: number): string => `
  SELECT 'o' || i AS outcome_id, 'd' || i AS decision_id, '' AS unit_key, i AS occurred_at_ms, i AS received_at_ms,
    MAP {'a': (i % 5)::DOUBLE, 'b': 1.0::DOUBLE} AS metrics, MAP {'label': 1.0::DOUBLE} AS labels,
    NULL::BIGINT AS period
  FROM range(${from}, ${from + ROWS}) t(i)`;

test('200,000 rows in 300 files: after the first look, a look that finds one new file of each kind is quick', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-evidence-'));
  const sealed = await SealedEvidence.in(dir);
  const source = await DuckdbEvidenceSource.open({ evidenceDir: dir });
  try {
    const seal = async (file: number): Promise<void> => {
      await sealed.sealQuery('predictions', 'e', predictions(file * ROWS), ROWS);
      await sealed.sealQuery('outcomes', 'e', outcomes(file * ROWS), ROWS);
    };
    for (let file = 0; file < FILES; file++) await seal(file);
    const look = () => source.arms({ endpoint: 'e', rollout: 'r', metrics: ['a', 'b'], sinceMs: 0 });
    const beganAt = performance.now();
    await look();
    const firstMs = performance.now() - beganAt;
    const took: number[] = [];
    for (let file = FILES; file < FILES + 5; file++) {
      await seal(file);
      const startedAt = performance.now();
      const { arms } = await look();
      took.push(performance.now() - startedAt);
      expect(arms.champion?.a?.n).toBeGreaterThan(70_000);
    }
    // Against the first one, which reads all files on the same machine under the same load; the quickest of five, because other
    // work only ever slows a look
    const said = `the first look took ${Math.round(firstMs)} ms, later ones ${took.map(Math.round)} ms`;
    expect(Math.min(...took), said).toBeLessThan(firstMs * SHARE);
  } finally {
    await source[Symbol.asyncDispose]();
    sealed.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
