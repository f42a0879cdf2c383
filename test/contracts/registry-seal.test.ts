import { RegistryClient } from '@assay/registry-client/registry-client';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

// An upload or a deletion that has looked, and not yet committed, while the version of those files is registered

let registry: TestRegistry;
let client: RegistryClient;
/** Holds the row of a file's name, so that whoever changes it stops half way. */
let holder: pg.Client;
beforeAll(async () => {
  registry = await startTestRegistry();
  client = new RegistryClient({ baseUrl: registry.url, token: TOKENS.scientist });
  await client.createRegisteredModelIfMissing('m');
  const options = '-c search_path=registry';
  holder = new pg.Client({ connectionString: registry.database, options });
  await holder.connect();
}, 60_000);
afterAll(async () => {
  await holder?.end();
  await registry?.[Symbol.asyncDispose]();
});

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
/** A run with one file, and where that file is behind the proxy. */
async function logged(): Promise<{ runId: string; source: string; path: string }> {
  const { runId, artifactUri } = await client.createRun('0', 'seal', Date.now());
  await client.uploadArtifact(runId, 'model/weights.bin', bytes('as judged'));
  const source = `${artifactUri}/model`;
  return { runId, source, path: `${source.replace(/^mlflow-artifacts:\/+/, '')}/weights.bin` };
}
const digestNow = async (version: string): Promise<string | undefined> =>
  (await client.getModelVersion('m', version)).artifacts[0]?.digest;
const ask = (method: string, path: string, body?: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(`${registry.url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKENS.scientist}` },
    ...(body && { body: new Blob([body]) }),
  });

/** Statements of the registry that wait for a lock. */
async function waiting(): Promise<number> {
  // Inside a transaction the view stays as it was first seen
  await holder.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await holder.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows[0]?.n ?? 0;
}

/** Stops `change` half way, registers its files meanwhile, and lets both go on. */
async function race(change: (path: string) => Promise<Response>) {
  const { runId, source, path } = await logged();
  await holder.query('BEGIN');
  const held = await holder.query('SELECT 1 FROM artifacts WHERE path = $1 FOR UPDATE', [path]);
  expect(held.rowCount).toBe(1);
  const changed = change(path);
  await until('the change waits for the row', async () => (await waiting()) === 1);
  let answered: string | undefined;
  const registered = client.createModelVersion('m', source, runId, {}).then(async (version) => {
    answered = await digestNow(version);
    return version;
  });
  await until(
    'the registration is done, or waits too',
    async () => answered !== undefined || (await waiting()) === 2,
  );
  await holder.query('COMMIT');
  const version = await registered;
  return { status: (await changed).status, before: answered, after: await digestNow(version), path };
}

test('an overwrite under way changes nothing of a version that was answered', async () => {
  const { status, before, after, path } = await race((p) => ask('PUT', p, bytes('as swapped')));
  expect(after).toBe(before);
  // It was first: the version is what it left; from now on the file is sealed
  expect(status).toBe(200);
  expect((await ask('PUT', path, bytes('later'))).status).toBe(409);
});

test('a deletion under way takes nothing from a version that was answered', async () => {
  const { status, before, after } = await race((p) => ask('DELETE', p));
  expect(after).toBe(before);
  expect(status).toBe(200);
});
