import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import { afterEach, expect, test } from 'vitest';
import { infer, rankingInputs, requestOf } from './inference-calls.ts';
import { ControlStub } from './inference-control.ts';
import { endpoint, MODELS, ModelServerProcess, served, until } from './inference-server.ts';

const INPUTS = rankingInputs([0.3, 0.1, 0.2], { price: [1, 3, 2] });
const version = async (server: ModelServerProcess): Promise<string> =>
  (await infer(server, requestOf('rank', INPUTS, { unit: 'u' }))).version;
const plan = (v: string, file = 'ranking-affinity', more: object = {}): object =>
  endpoint('rank', 'ranking', file, { champion: served(v, file), ...more });
const metric = async (server: ModelServerProcess, name: string): Promise<number> => {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
};

const open: ControlStub[] = [];
afterEach(() => {
  for (const stub of open.splice(0)) stub.close();
});

test('a changed plan file takes over under load: no request is lost, each answer by a version in force', async () => {
  await using server = await ModelServerProcess.start([plan('1')]);
  const [seen, failed]: [Set<string>, unknown[]] = [new Set(), []];
  let stop = false;
  const loads = Array.from({ length: 8 }, async () => {
    while (!stop)
      await version(server).then(
        (v) => seen.add(v),
        (cause) => failed.push(cause),
      );
  });
  await until('version 1', () => (seen.has('1') ? true : undefined));
  for (let v = 2; v <= 6; v++) {
    server.writePlan([plan(String(v), v % 2 === 0 ? 'ranking-price' : 'ranking-affinity')]);
    server.signal('SIGHUP');
    await until(`version ${v}`, () => (seen.has(String(v)) ? true : undefined));
  }
  stop = true;
  await Promise.all(loads);
  expect(failed).toEqual([]);
  expect([...seen].sort()).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(await version(server)).toBe('6');
});

test('a changed file is found without a signal', async () => {
  await using server = await ModelServerProcess.start([plan('1')]);
  server.writePlan([plan('2')]);
  await until('the new version', async () => ((await version(server)) === '2' ? true : undefined));
});

test.for([
  { name: 'a missing model file', plan: [plan('2', 'not-there')], says: 'not-there' },
  { name: 'a file that is not ONNX', plan: [plan('2', 'junk')], says: 'junk' },
  { name: 'a wrong signature', plan: [plan('2', 'ranking-wrong-output')], says: 'rating' },
  { name: 'a model of another family', plan: [plan('2', 'bidding-affinity')], says: 'FP32[n,10]' },
  {
    name: 'a wrong digest',
    plan: [plan('2', 'ranking-price', { champion: { ...served('2', 'ranking-price'), digest: 'ab' } })],
    says: 'SHA-256',
  },
  {
    name: 'an unknown policy rule',
    plan: [
      plan('2', 'ranking-price', { policy: { rules: [{ id: 'r', kind: 'be-kind', action: 'clamp' }] } }),
    ],
    says: 'be-kind',
  },
  {
    name: 'a malformed plan',
    plan: [{ name: 'rank', family: 'ranking' }],
    says: '\\"endpoints[0].champion\\" must be an object, not absent',
  },
  { name: 'a misspelt key', plan: [plan('2', 'ranking-price', { shadow: [] })], says: 'endpoints[0].shadow' },
])('$name: the plan is refused as a whole, the old one stays', async ({ plan: bad, says }) => {
  await using server = await ModelServerProcess.start([plan('1')]);
  const junk = join(server.dir, 'junk.onnx');
  writeFileSync(junk, 'this is no model');
  server.writePlan(
    JSON.parse(
      JSON.stringify([...bad, endpoint('other', 'ranking', 'ranking-affinity')]).replace(
        join(MODELS, 'junk.onnx'),
        junk,
      ),
    ),
  );
  server.signal('SIGHUP');
  await until('the refusal', async () =>
    (await metric(server, 'assay_plans_refused_total')) > 0 ? true : undefined,
  );
  expect(server.log).toContain(says);
  expect(await version(server)).toBe('1');
  await expect(infer(server, requestOf('other', INPUTS))).rejects.toMatchObject({ code: 5 });
  server.writePlan([plan('3')]);
  server.signal('SIGHUP');
  await until('the next good plan', async () => ((await version(server)) === '3' ? true : undefined));
});

test('1,000 endpoints load, one takes another model, and all are served; their paths are relative to the plan', async () => {
  await using server = await ModelServerProcess.start([plan('1')]);
  const folder = join(server.dir, 'models');
  mkdirSync(folder);
  for (const file of ['ranking-affinity', 'ranking-price'])
    copyFileSync(join(MODELS, `${file}.onnx`), join(folder, `${file}.onnx`));
  const many = (of: (i: number) => string): object[] =>
    Array.from({ length: 1000 }, (_, i) => ({
      name: `rank-${i}`,
      family: 'ranking',
      // Each a model of its own name, all of the same bytes: one session serves them
      champion: { model: `m-${i}`, version: '1', path: `models/${of(i)}.onnx` },
    }));
  const answers = async (name: string): Promise<number[] | undefined> =>
    infer(server, requestOf(name, INPUTS, { unit: 'u' })).then(
      (told) => [...(told.values.item_id ?? [])],
      () => undefined,
    );
  server.writePlan([...many(() => 'ranking-affinity'), plan('1')]);
  server.signal('SIGHUP');
  await until('1,000 endpoints', () => answers('rank-999'), 60_000);
  expect(await answers('rank-0')).toEqual([100, 102, 101]);
  server.writePlan(many((i) => (i === 7 ? 'ranking-price' : 'ranking-affinity')));
  server.signal('SIGHUP');
  await until(
    'the other model',
    async () => ((await answers('rank-7'))?.[0] === 101 ? true : undefined),
    60_000,
  );
  expect(await answers('rank-8')).toEqual([100, 102, 101]);
  expect(await answers('rank')).toBeUndefined();
});

test('a first plan that is unfit stops the start', async () => {
  await expect(ModelServerProcess.start([plan('1', 'not-there')])).rejects.toThrow('not-there');
});

const relative = (v: string, file: string): object => ({ ...served(v, file), path: `${file}.onnx` });
const json = (v: string, file = 'ranking-affinity'): string =>
  JSON.stringify({
    version: 1,
    endpoints: [{ name: 'rank', family: 'ranking', champion: relative(v, file) }],
  });

test('streamed plans: pushed, reported, refused with a reason, kept on disk without the key of unit keys', async () => {
  const control = await ControlStub.start();
  open.push(control);
  await using server = await ModelServerProcess.start([], { env: { ASSAY_CONTROL: control.address } });
  const ready = (): Promise<boolean> =>
    new Promise((resolve, reject) =>
      server.inference.serverReady({}, (e, a) => (e ? reject(e) : resolve(a.ready))),
    );
  expect(await ready()).toBe(false);
  await expect(version(server)).rejects.toMatchObject({ code: 14 });
  control.publish(1n, json('1'));
  await until('ready', async () => ((await ready()) ? true : undefined));
  expect(await version(server)).toBe('1');
  await until('a report of the traffic', () =>
    control.reports.find((r) =>
      r.traffic.some((t) => t.version === '1' && t.arm === 'champion' && t.answered >= 1n),
    ),
  );
  expect(control.reports.at(-1)).toMatchObject({
    serverId: 'server-1',
    appliedVersion: 1n,
    grpcAddress: server.grpc,
    refused: '',
  });

  control.publish(2n, json('2', 'not-there'));
  await until('the refusal', () =>
    control.reports.find((r) => r.refused.includes('not-there') && r.appliedVersion === 1n),
  );
  control.publish(3n, json('3'), 'f00d');
  await until('the digest refused', () => control.reports.find((r) => r.refused.includes('SHA-256')));
  expect(await version(server)).toBe('1');

  const kept = readFileSync(join(server.dir, 'state', 'route-plan.json'), 'utf8');
  expect(JSON.parse(kept)).toMatchObject({ version: '1', json: json('1') });
  expect(kept).not.toContain(control.secret.toString('hex'));
  expect(existsSync(join(server.evidence, 'unit-key'))).toBe(false);
});

test('with the control plane down a restarted server goes on from the kept plan, and follows again when it is back', async () => {
  const control = await ControlStub.start();
  control.publish(1n, json('1'));
  await using server = await ModelServerProcess.start([], { env: { ASSAY_CONTROL: control.address } });
  await until('the first plan', async () =>
    (await version(server).catch(() => '')) === '1' ? true : undefined,
  );
  control.close();
  expect(await version(server)).toBe('1');
  await server.stop('SIGKILL');
  await server.start();
  expect(await version(server)).toBe('1');
  const back = await ControlStub.start(control.address);
  open.push(back);
  back.publish(2n, json('2', 'ranking-price'));
  await until('the new plan', async () => ((await version(server)) === '2' ? true : undefined));
  const rows = [];
  for await (const r of catEvidence(server.evidence, () => undefined)) rows.push(r.version);
  expect(new Set(rows)).toEqual(new Set(['1', '2']));
});

test('the digest of what answered is in the evidence', async () => {
  await using server = await ModelServerProcess.start([plan('1')]);
  await version(server);
  const digest = createHash('sha256')
    .update(readFileSync(join(MODELS, 'ranking-affinity.onnx')))
    .digest('hex');
  const rows = [];
  for await (const r of catEvidence(server.evidence, () => undefined)) rows.push(r.digest);
  expect(rows).toEqual([digest]);
  expect(readdirSync(server.evidence)).toContain('wal');
});
