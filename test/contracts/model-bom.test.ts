import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckReport } from '@assay/domain/model-check/report';
import { RegistryClient } from '@assay/registry-client/registry-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toolsPython } from '../plane/pythons.ts';
import { until } from '../plane/until.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

const REFERENCE = fileURLToPath(new URL('../reference/model-integrity/', import.meta.url));
const MAIN = fileURLToPath(new URL('../../control-plane/cli/main.ts', import.meta.url));
const MODEL = readFileSync(
  fileURLToPath(new URL('../reference/models/ranking-affinity.onnx', import.meta.url)),
);
const LOCK = 'onnxruntime==1.23.2 \\\n    --hash=sha256:aa\nNumPy==2.4.0\nunpinned>=1\n# scipy==1\n';

let registry: TestRegistry;
let state = '';
let version = '';
beforeAll(async () => {
  registry = await startTestRegistry();
  state = mkdtempSync(join(tmpdir(), 'assay-bom-'));
  const endpoints = { version: 1, registry: registry.url, tokens: { admin: TOKENS.scientist } };
  writeFileSync(join(state, 'endpoints.json'), JSON.stringify(endpoints));
  const client = new RegistryClient({ baseUrl: registry.url, token: TOKENS.scientist });
  const { runId, artifactUri } = await client.createRun('0', 'bom', Date.now());
  await client.uploadArtifact(runId, 'model/model.onnx', MODEL);
  await client.uploadArtifact(runId, 'model/requirements.txt', new TextEncoder().encode(LOCK));
  await client.createRegisteredModelIfMissing('ranker');
  const tags = { 'assay.family': 'ranking', licence: 'CC BY 4.0', 'odd ü': '<&"\u0001' };
  version = await client.createModelVersion('ranker', `${artifactUri}/model`, runId, tags);
  // Its tag is part of the bill
  await until('the files are checked', async () => {
    const { check } = await client.getModelVersion('ranker', version);
    return check?.state === 'ok';
  });
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(state, { recursive: true, force: true });
});

const run = (program: string, ...args: string[]): Promise<{ status: number; out: string }> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: 120_000 }, (error, out) =>
      resolve({ status: error === null ? 0 : Number(error.code), out }),
    );
  });
const assay = (...args: string[]) =>
  run(process.execPath, '--no-warnings', MAIN, 'model', ...args, '--state', state);

test('the bill of materials meets the official schema and names model, files and libraries', async () => {
  const python = await toolsPython();
  const file = join(state, 'bom.json');
  expect((await assay('bom', 'ranker', version, '--out', file)).status).toBe(0);
  expect(await run(python, join(REFERENCE, 'bom.py'), file)).toEqual({ status: 0, out: 'OK\n' });

  const text = readFileSync(file, 'utf8');
  const sha256 = createHash('sha256').update(MODEL).digest('hex');
  const bill = JSON.parse(text);
  expect(bill.metadata.component).toMatchObject({
    type: 'machine-learning-model',
    name: 'ranker',
    version,
    authors: [{ name: 'ada' }],
    licenses: [{ license: { name: 'CC BY 4.0' } }],
    modelCard: { modelParameters: { task: 'ranking' } },
  });
  expect(bill.components).toContainEqual(
    expect.objectContaining({ name: 'model.onnx', hashes: [{ alg: 'SHA-256', content: sha256 }] }),
  );
  const purls = bill.components.flatMap((c: { purl?: string }) => c.purl ?? []);
  expect(purls).toEqual(['pkg:pypi/onnxruntime@1.23.2', 'pkg:pypi/numpy@2.4.0']);
  // Told again, it is the same bill; spoilt, the schema says so
  expect((await assay('bom', 'ranker', version)).out).toBe(text);
  writeFileSync(file, text.replace('"SHA-256"', '"SHA-257"'));
  expect((await run(python, join(REFERENCE, 'bom.py'), file)).out).not.toContain('OK');
  expect((await assay('bom', 'ranker', '99', '--json')).status).toBe(1);
});

test('assay model check fetches a registered version and holds it against its own family', async () => {
  const { status, out } = await assay('check', 'ranker', version, '--json');
  const report = JSON.parse(out) as CheckReport;
  expect(report).toMatchObject({ status: 'ok', family: 'ranking', file: 'model.onnx' });
  expect(report.files.map((f) => f.path)).toEqual(['model.onnx', 'requirements.txt']);
  expect(status).toBe(0);
  expect((await assay('check', 'ranker', version, '--family', 'pricing', '--json')).status).toBe(1);
  const absent = await assay('check', 'ranker', '99', '--json');
  expect(absent.status).toBe(1);
  expect(JSON.parse(absent.out)).toMatchObject({ error: { code: 'NOT_FOUND' } });
});
