import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DriftJudging, driftJudging } from '@assay/activities/drift-judging';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { httpModelRegistry } from '@assay/adapters/registry/http-model-registry';
import { bidding } from '@assay/domain/families/bidding';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prediction, SealedEvidence } from './evidence-source-writer.ts';
import { MODELS } from './inference-server.ts';
import { startTestRegistry, TOKENS } from './registry-server.ts';

const stack = new AsyncDisposableStack();
const ROWS = 600;
let sealed: SealedEvidence;
let judging: DriftJudging;
const versions = { known: '', bare: '' };

beforeAll(async () => {
  const registry = stack.use(await startTestRegistry());
  const dir = mkdtempSync(join(tmpdir(), 'assay-drift-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  sealed = await SealedEvidence.in(dir);
  stack.defer(() => sealed.close());
  const evidence = stack.use(await DuckdbEvidenceSource.open({ evidenceDir: dir }));
  const port = httpModelRegistry({ baseUrl: registry.url, token: TOKENS.service });
  judging = driftJudging({ evidence, registry: port });
  const model = mkdtempSync(join(tmpdir(), 'assay-drift-model-'));
  stack.defer(() => rmSync(model, { recursive: true, force: true }));
  copyFileSync(join(MODELS, 'bidding-affinity.onnx'), join(model, 'model.onnx'));
  const { modelInputs: inputs, modelOutputs: outputs, featureNames } = bidding;
  writeFileSync(join(model, 'signature.json'), JSON.stringify({ inputs, outputs }));
  const register = async (): Promise<string> =>
    (
      await port.registerFolder({
        ...{ model: 'ad-bidder', experiment: 'bidding', dir: model, runName: 'r' },
        ...{ metrics: {}, params: {}, tags: {} },
      })
    ).version;
  versions.bare = await register();
  const halves = { edges: [0], counts: [500, 500] };
  const features = Object.fromEntries(featureNames.map((name) => [name, halves]));
  writeFileSync(join(model, 'reference.json'), JSON.stringify({ features }));
  versions.known = await register();
}, 120_000);
afterAll(() => stack.disposeAsync());

/** Served rows of an endpoint; `high`: the share of them above the training's median, in every feature. */
async function serve(endpoint: string, high: number): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, i) =>
    prediction({
      decision_id: `${endpoint}-${i}`,
      endpoint,
      features: new Array<number>(bidding.featureNames.length).fill(i % 10 < high * 10 ? 1 : -1),
    }),
  );
  await sealed.seal('predictions', endpoint, rows);
}

const look = (endpoint: string, version = versions.known, minRows = 300) =>
  judging.lookForDrift({
    ...{ endpoint, family: 'bidding', model: 'ad-bidder', version },
    ...{ sinceMs: 0, minRows, alpha: 0.001 },
  });

test('rows like those of the training are stable, other ones drift, with their numbers', async () => {
  await serve('same', 0.5);
  await serve('moved', 0.9);
  expect(await look('same')).toMatchObject({ kind: 'stable', rows: 300 });
  const drift = await look('moved');
  expect(drift.kind).toBe('drift');
  expect(drift.features).toHaveLength(bidding.featureNames.length);
  expect(drift.reason).toMatch(/PSI .* rows/);
});

test('too few rows, and none, are no data', async () => {
  expect((await look('same', versions.known, ROWS + 1)).kind).toBe('no-data');
  expect((await look('nobody-asked')).kind).toBe('no-data');
});

test('a version without its training’s histograms, or none at all, is no data and says why', async () => {
  expect(await look('moved', versions.bare)).toMatchObject({
    kind: 'no-data',
    reason: expect.stringContaining('reference.json'),
  });
  expect(await look('moved', '999')).toMatchObject({ kind: 'no-data', features: [] });
});

test('evidence that cannot be read is no data', async () => {
  await serve('broken', 0.9);
  const file = await sealed.seal('predictions', 'broken', [prediction({ decision_id: 'x', features: [] })]);
  writeFileSync(file, 'no parquet');
  expect(await look('broken')).toMatchObject({
    kind: 'no-data',
    reason: expect.stringContaining('Cannot read evidence'),
  });
});
