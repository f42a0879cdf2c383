import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@assay/cli/supervisor/free-port';
import { blobPathOf } from '@assay/registry-store/artifacts-blobs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CuttingProxy } from './cutting-proxy.ts';
import { infer, rankingInputs, requestOf } from './inference-calls.ts';
import { ControlStub } from './inference-control.ts';
import { MODELS, ModelServerProcess, until } from './inference-server.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

// A model server that shares no folder with anybody: route plans name files that only the registry has

const MODEL = readFileSync(join(MODELS, 'ranking-affinity.onnx'));
const DIGEST = createHash('sha256').update(MODEL).digest('hex');
const root = mkdtempSync(join(tmpdir(), 'assay-fetch-'));
const champion = (version: string, digest: string) => ({
  model: 'tiny',
  version,
  digest,
  path: blobPathOf(digest),
});
const planOf = (version: string, digest = DIGEST): string =>
  JSON.stringify({
    version: 1,
    endpoints: [{ name: 'rank', family: 'ranking', champion: champion(version, digest) }],
  });

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry({ ASSAY_AUTH: 'required' });
  const put = await fetch(`${registry.url}/api/2.0/mlflow-artifacts/artifacts/elsewhere/model.onnx`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKENS.scientist}` },
    body: new Blob([new Uint8Array(MODEL)]),
  });
  expect(put.status).toBe(200);
}, 60_000);
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

const startOn = (name: string, control: ControlStub, more: Record<string, string> = {}) =>
  ModelServerProcess.start([], {
    env: {
      ASSAY_CONTROL: control.address,
      ASSAY_ARTIFACTS: join(root, name),
      ASSAY_REGISTRY_URL: registry.url,
      ASSAY_SERVICE_TOKEN: TOKENS.service,
      ...more,
    },
  });
const answered = async (server: ModelServerProcess): Promise<string> => {
  const inputs = rankingInputs([0.3, 0.1, 0.2], { price: [1, 3, 2] });
  return (await infer(server, requestOf('rank', inputs, { unit: 'u' }))).version;
};
const refusal = (control: ControlStub, says: string) =>
  until(`the server reports: ${says}`, () => control.reports.find((r) => r.refused.includes(says)));

test('the file is fetched by digest, kept, and served again with no registry at all', async () => {
  const control = await ControlStub.start();
  control.publish(1n, planOf('1'));
  {
    await using server = await startOn('kept', control);
    await until('the plan is in force', () => control.reports.find((r) => r.appliedVersion === 1n));
    expect(await answered(server)).toBe('1');
  }
  const file = join(root, 'kept', blobPathOf(DIGEST));
  expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(DIGEST);
  expect(readdirSync(join(root, 'kept', 'fetched'))).toEqual([]);
  await using again = await startOn('kept', control, { ASSAY_REGISTRY_URL: 'http://127.0.0.1:9' });
  await until('the plan is in force', () => answered(again).catch(() => undefined));
  control.close();
});

test('without the right to it, or where nobody has it, the plan is refused and the old one stays', async () => {
  const control = await ControlStub.start();
  control.publish(1n, planOf('1'));
  await using server = await startOn('refused', control);
  await until('the plan is in force', () => control.reports.find((r) => r.appliedVersion === 1n));
  control.publish(2n, planOf('2', '0'.repeat(64)));
  await refusal(control, 'There is no blob');
  expect(await answered(server)).toBe('1');
  control.close();

  const closed = await ControlStub.start();
  closed.publish(1n, planOf('1'));
  await using _ = await startOn('closed', closed, { ASSAY_SERVICE_TOKEN: 'wrong' });
  await refusal(closed, 'Cannot GET /api/assay/v1/blobs/sha256/');
  expect(existsSync(join(root, 'closed', blobPathOf(DIGEST)))).toBe(false);
  closed.close();
});

test('a registry that is away is asked again until it answers', async () => {
  const port = await freePort();
  const control = await ControlStub.start();
  control.publish(1n, planOf('1'));
  await using server = await startOn('away', control, { ASSAY_REGISTRY_URL: `http://127.0.0.1:${port}` });
  await refusal(control, 'again and again');
  await using _ = await CuttingProxy.start(registry.url, Number.POSITIVE_INFINITY, port);
  await until('the plan is in force', () => control.reports.find((r) => r.appliedVersion === 1n), 60_000);
  expect(await answered(server)).toBe('1');
  control.close();
});
