import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TrainResult } from '@assay/contract/train';
import type { AuditEntry } from '@assay/domain/audit';
import type { AsOfView, EndpointView, ModelVersionView } from '@assay/domain/read-models';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assay, TestAssay } from '../plane/assay.ts';
import { mlflowClientPython } from '../plane/pythons.ts';
import { until } from '../plane/until.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('./gate.py', import.meta.url));
const MODEL = 'pricer-by-alias';
const ENDPOINT = 'prices-by-alias';
let plane: TestAssay;
let trained: TrainResult;

const post = (role: string, path: string, body: object) =>
  plane.api(path, { method: 'POST', role, body: JSON.stringify(body) });

beforeAll(async () => {
  plane = await TestAssay.start({ args: ['--servers', '1'] });
  const endpoint = { name: ENDPOINT, family: 'pricing', owner: 'ann', autonomy: 'auto', profile: 'demo' };
  expect((await post('admin', '/endpoints', endpoint)).status).toBe(201);
  const training = {
    id: MODEL,
    family: 'pricing',
    model: MODEL,
    recipe: 'baseline',
    seed: 1,
    source: { kind: 'sample' },
  };
  expect((await post('data-scientist', '/trainings', training)).status).toBe(202);
  trained = await until(
    'the training is done',
    async () => {
      const { body } = await plane.api<{ state: string; result: TrainResult; error: string }>(
        `/trainings/${MODEL}`,
      );
      if (body.state === 'failed') throw new Error(body.error);
      return body.state === 'done' ? body.result : undefined;
    },
    240_000,
  );
}, 500_000);
afterAll(() => plane?.[Symbol.asyncDispose]());

test('calling a version champion with the Python client opens a release, which makes it champion', async () => {
  const { registry, tokens } = plane.endpoints;
  const { stdout } = await run(await mlflowClientPython(), [SCRIPT, registry, MODEL, trained.version], {
    env: {
      PATH: process.env.PATH,
      MLFLOW_TRACKING_TOKEN: tokens['data-scientist'],
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    },
    timeout: 180_000,
  });
  const words = stdout.trim().split('\n');
  expect(words[0]).toContain(
    `"champion" on endpoint "${ENDPOINT}" by demo-data-scientist, see /api/v1/releases/`,
  );
  expect(words.slice(-2)[0]).toMatch(/^champion \(decided at /);
  const { body } = await plane.api<EndpointView>(`/endpoints/${ENDPOINT}`);
  expect(body.route?.champion).toMatchObject({ model: MODEL, version: trained.version });
}, 200_000);

test('an alias written past the API is told on the feed and back within seconds; serving never looked at it', async () => {
  const { database, controlPlane, tokens } = plane.endpoints;
  const route = async () =>
    (await plane.api<EndpointView>(`/endpoints/${ENDPOINT}`)).body.route?.champion.version;
  await using stack = new AsyncDisposableStack();
  const psql = new pg.Client({ connectionString: database, application_name: 'psql' });
  stack.defer(() => psql.end());
  await psql.connect();
  const abort = new AbortController();
  const events = await fetch(`${controlPlane}/api/v1/events`, {
    headers: { authorization: `Bearer ${tokens.auditor}` },
    signal: abort.signal,
  });
  const heard = (async () => {
    let text = '';
    for await (const chunk of events.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('alias.direct-write') && text.includes('alias.put-back')) return true;
    }
    return false;
  })();
  await psql.query('DELETE FROM registry.aliases WHERE name = $1', [MODEL]);
  expect(await heard).toBe(true);
  abort.abort();
  const { rows } = await psql.query('SELECT alias, version FROM registry.aliases WHERE name = $1', [MODEL]);
  expect(rows).toEqual([{ alias: 'champion', version: Number(trained.version) }]);
  const { body } = await plane.api<AuditEntry[]>(
    `/decisions/${encodeURIComponent(`alias/${MODEL}/champion`)}`,
    { role: 'auditor' },
  );
  expect(body.map((e) => e.event)).toEqual([
    'release.asked-by-alias',
    'alias.direct-write',
    'alias.put-back',
  ]);
  expect(body[1]?.reason).toContain('psql');
  expect(await route()).toBe(trained.version);
}, 60_000);

test('the command line shows the version, the past and the lineage', async () => {
  const show = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await assay([...line.split(' '), '--state', plane.state]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return stdout;
  };
  expect(await show(`model show ${MODEL} ${trained.version}`)).toMatch(
    /aliases +champion[\s\S]*# pricer-by-alias/,
  );
  const view = JSON.parse(await show(`model show ${MODEL} ${trained.version} --json`)) as ModelVersionView;
  expect(view.card.data).toEqual([
    { name: trained.snapshotDir, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(view.card.signature?.inputs).toBeInstanceOf(Array);
  expect(view.card.validation).toMatchObject({ facts: {} });
  expect(view.environment).toMatchObject({ path: 'requirements.lock.txt', asTrained: true });
  expect(view.environment?.packages).toContainEqual(expect.stringMatching(/^scikit-learn==/));
  const past = JSON.parse(await show(`model show ${MODEL} --at ${Date.now()} --json`)) as AsOfView;
  expect(past.aliases).toMatchObject([
    { alias: 'champion', version: trained.version, lifecycle: { version: trained.version } },
  ]);
  const events = (await show(`model lineage ${MODEL} ${trained.version} --openlineage`)).trim().split('\n');
  expect(events.map((e) => (JSON.parse(e) as { eventType: string }).eventType)).toEqual([
    'START',
    'COMPLETE',
    'START',
    'COMPLETE',
  ]);
}, 60_000);
