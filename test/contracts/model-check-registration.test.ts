import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refusals } from '@assay/domain/model-check/report';
import { type ModelVersion, RegistryClient } from '@assay/registry-client/registry-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { GateWorld } from './gate-world.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

const bytesOf = (name: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../reference/models/${name}.onnx`, import.meta.url)));

let registry: TestRegistry;
let client: RegistryClient;
const connect = (): RegistryClient => new RegistryClient({ baseUrl: registry.url, token: TOKENS.scientist });
beforeAll(async () => {
  registry = await startTestRegistry();
  client = connect();
});
afterAll(() => registry[Symbol.asyncDispose]());

async function register(
  model: string,
  files: Record<string, Uint8Array>,
  tags: Record<string, string> = {},
): Promise<string> {
  const { runId, artifactUri } = await client.createRun('0', model, Date.now());
  for (const [path, bytes] of Object.entries(files))
    await client.uploadArtifact(runId, `model/${path}`, bytes);
  await client.createRegisteredModelIfMissing(model);
  return client.createModelVersion(model, `${artifactUri}/model`, runId, tags);
}

const checked = (model: string, version: string): Promise<ModelVersion> =>
  until(`${model}/${version} is checked`, async () => {
    const found = await client.getModelVersion(model, version);
    return found.check !== null && found.check.state !== 'pending' && found;
  });

test('a sound model of a family is registered, checked and digested', async () => {
  const bytes = bytesOf('ranking-affinity');
  const version = await register('sound', { 'model.onnx': bytes }, { 'assay.family': 'ranking' });
  const { check, tags } = await checked('sound', version);
  expect(check?.state).toBe('ok');
  expect(tags['assay.check']).toBe('ok');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(check?.report).toMatchObject({ family: 'ranking', files: [{ path: 'model.onnx', sha256 }] });
});

test('a model that is not of its family is registered all the same, and says that it is refused', async () => {
  const version = await register(
    'stray',
    { 'model.onnx': bytesOf('ranking-wrong-output') },
    { 'assay.family': 'ranking' },
  );
  const { check, tags } = await checked('stray', version);
  expect(check?.state).toBe('refused');
  expect(tags['assay.check']).toBe('refused: onnx/family: output 0 is "rating", the family\'s is "score"');

  const odd = await register(
    'stray',
    { 'model.onnx': bytesOf('ranking-affinity') },
    { 'assay.family': 'poker' },
  );
  expect((await checked('stray', odd)).tags['assay.check']).toBe(
    'refused: onnx/family: there is no family "poker"',
  );
});

test('without a family no tag is added: versions look as MLflow would answer them', async () => {
  const bad = await register('plain', { 'model.onnx': new Uint8Array(1000).fill(7) });
  const found = await checked('plain', bad);
  expect(found.check?.state).toBe('refused');
  expect(refusals(found.check?.report?.rules ?? [])).toEqual([expect.stringContaining('onnx/readable')]);
  expect(found.tags).toEqual({});

  const other = await register('plain', { 'model.pkl': new Uint8Array(3) });
  expect(await checked('plain', other)).toMatchObject({ check: { state: 'none', report: null }, tags: {} });
});

test('weights that climb out of the folder are refused, and another folder stays unread', async () => {
  const version = await register('climber', {
    'model.onnx': bytesOf('check/external-outside'),
    'weights.bin': new Uint8Array(8),
  });
  const { check } = await checked('climber', version);
  expect(refusals(check?.report?.rules ?? [])).toEqual([expect.stringContaining('climbs out of the folder')]);
});

test('the check cannot be written by hand, and another family asks again', async () => {
  const version = await register('later', { 'model.onnx': bytesOf('ranking-affinity') });
  expect((await checked('later', version)).check?.state).toBe('ok');
  await expect(client.setModelVersionTag('later', version, 'assay.check', 'ok')).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('Cannot change tag "assay.check"'),
  });
  await client.setModelVersionTag('later', version, 'assay.family', 'pricing');
  const pricing = await checked('later', version);
  expect(pricing.tags['assay.check']).toMatch(/^refused: onnx\/family: input "features" has shape/);
  await client.setModelVersionTag('later', version, 'assay.family', 'ranking');
  expect((await checked('later', version)).tags['assay.check']).toBe('ok');
});

test('what the check refused cannot be released', async () => {
  await using world = await GateWorld.start();
  await world.endpoint('home', 'ranking');
  const tags = { 'assay.family': 'ranking', 'assay.snapshot_dir': 'snapshots/ranking' };
  const stray = Buffer.from(bytesOf('ranking-wrong-output'));
  const version = await world.register('stray', tags, true, stray);
  await until('its files are checked', async () => {
    const sql = "SELECT 1 FROM registry.model_checks WHERE name = 'stray' AND state = 'refused'";
    return (await world.psql.query(sql)).rows.length === 1;
  });
  expect((await world.alias('stray', 'challenger', version)).status).toBe(200);
  await world.watch.look();
  const [why] = (await world.store.auditOf('alias/stray/challenger')).slice(-1);
  expect(why).toMatchObject({ event: 'alias.refused', reason: expect.stringContaining('onnx/family') });
});

/** Ids of processes that run a sample prediction; Linux shows them under /proc. */
const sampling = (): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sample-child');
      } catch {
        return false;
      }
    });

test.skipIf(!existsSync('/proc/self/cmdline'))(
  'kill -9 while a model computes for ever: the next process checks it, and none is left behind',
  async () => {
    const before = new Set(sampling());
    const version = await register('endless', { 'model.onnx': bytesOf('check/loop') });
    const mine = await until('the model computes', () => {
      const found = sampling().filter((pid) => !before.has(pid));
      return found.length > 0 && found;
    });
    registry = await registry.restartAfterKill();
    client = connect();
    await until('the orphan has ended', () => !sampling().some((pid) => mine.includes(pid)));
    expect((await client.getModelVersion('endless', version)).check?.state).toBe('pending');
    const { check } = await checked('endless', version);
    expect(refusals(check?.report?.rules ?? [])).toEqual([
      'onnx/sample-prediction: no answer within 30000 ms',
    ]);
  },
);
