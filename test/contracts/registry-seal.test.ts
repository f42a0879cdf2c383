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
/** All files of a version with their digests. */
const digestsNow = async (version: string): Promise<string> =>
  (await client.getModelVersion('m', version)).artifacts.map((a) => `${a.path}=${a.digest}`).join(' ');
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

/** Registers a folder while `change` to it stands half way behind a lock of the holder, then lets both go on. */
async function registeredMeanwhile(
  { runId, source }: { runId: string; source: string },
  change: () => Promise<Response>,
) {
  const changed = change();
  await until('the change waits for the row', async () => (await waiting()) === 1);
  let answered: string | undefined;
  const registered = client.createModelVersion('m', source, runId, {}).then(async (version) => {
    answered = await digestsNow(version);
    return version;
  });
  await until(
    'the registration is done, or waits too',
    async () => answered !== undefined || (await waiting()) === 2,
  );
  await holder.query('COMMIT');
  const version = await registered;
  return { status: (await changed).status, before: answered, after: await digestsNow(version) };
}

/** Stops `change` of a file of a run half way. */
async function race(change: (path: string) => Promise<Response>) {
  const run = await logged();
  await holder.query('BEGIN');
  const held = await holder.query('SELECT 1 FROM artifacts WHERE path = $1 FOR UPDATE', [run.path]);
  expect(held.rowCount).toBe(1);
  return { ...(await registeredMeanwhile(run, () => change(run.path))), path: run.path };
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

test('a file being added is in the version that is answered, or in none', async () => {
  const run = await logged();
  const path = `${run.path}.new`;
  await holder.query('BEGIN');
  await holder.query(
    'INSERT INTO artifacts (path, digest, size, written) SELECT $1, digest, size, 0 FROM artifacts WHERE path = $2',
    [path, run.path],
  );
  const { status, before, after } = await registeredMeanwhile(run, () =>
    ask('PUT', path, bytes('as judged')),
  );
  expect(after).toBe(before);
  expect(after?.split(' ')).toHaveLength(2);
  expect(status).toBe(200);
});

/** What the error says, or its absence. */
const refusal = async (response: Response) => {
  const { error_code, message } = (await response.json()) as { error_code?: string; message?: string };
  return { status: response.status, code: error_code, message };
};
const SEALED = {
  status: 409,
  code: 'RESOURCE_CONFLICT',
  message: expect.stringMatching(
    /"0\/\w+\/artifacts\/model\/[^"]+".*model version m\/\d+.*Log a new run or model and register that/,
  ),
};
const partsOf = (folder: string, path: string) =>
  fetch(`${registry.url}/api/2.0/mlflow-artifacts/mpu/create/${folder}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.scientist}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path, num_parts: 1 }),
  });

test('nothing is added to a registered version, whichever way it comes', async () => {
  const { runId, source, path } = await logged();
  const folder = path.slice(0, path.lastIndexOf('/'));
  const begun = (await (await partsOf(folder, 'late.bin')).json()) as {
    upload_id: string;
    credentials: { url: string; headers: Record<string, string> }[];
  };
  // Doubled slashes name the same folder
  const version = await client.createModelVersion('m', source.replace(/\/model$/, '//model'), runId, {});
  const registered = await digestsNow(version);
  expect(await refusal(await ask('PUT', `${folder}/conda.yaml`, bytes('x')))).toEqual(SEALED);
  expect(await refusal(await ask('PUT', `${folder}/deeper/still.py`, bytes('x')))).toEqual(SEALED);
  expect(await refusal(await ask('PUT', path, bytes('x')))).toEqual(SEALED);
  expect(await refusal(await partsOf(folder, 'other.bin'))).toEqual(SEALED);
  // A multipart upload that was begun before the registration ends after it
  const { url, headers } = begun.credentials[0] ?? { url: '', headers: {} };
  const part = await fetch(url, { method: 'PUT', headers, body: 'x' });
  const completed = await fetch(`${registry.url}/api/2.0/mlflow-artifacts/mpu/complete/${folder}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.scientist}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      path: 'late.bin',
      upload_id: begun.upload_id,
      parts: [{ part_number: 1, etag: part.headers.get('etag') }],
    }),
  });
  expect(await refusal(completed)).toEqual(SEALED);
  expect((await ask('DELETE', folder)).status).toBe(409);
  expect((await ask('DELETE', path)).status).toBe(409);
  expect(await digestsNow(version)).toBe(registered);
});

test('the rest of the run goes on, and so does an upload that was sent twice', async () => {
  const { runId, source, path } = await logged();
  await client.createModelVersion('m', source, runId, {});
  const root = path.replace(/\/model\/.*$/, '');
  for (const beside of ['evaluation/confusion.json', 'model2/weights.bin', 'model.json'])
    expect((await ask('PUT', `${root}/${beside}`, bytes('{}'))).status).toBe(200);
  expect((await ask('PUT', path, bytes('as judged'))).status).toBe(200);
});

test('the folder of a deleted version takes files again', async () => {
  const { runId, source, path } = await logged();
  const version = await client.createModelVersion('m', source, runId, {});
  expect((await ask('PUT', `${path}.more`, bytes('x'))).status).toBe(409);
  const gone = await fetch(`${registry.url}/api/2.0/mlflow/model-versions/delete`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${TOKENS.scientist}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'm', version }),
  });
  expect(gone.status).toBe(200);
  expect((await ask('PUT', `${path}.more`, bytes('x'))).status).toBe(200);
});

test('a place that clients read in two ways is not registered', async () => {
  const { runId, source } = await logged();
  for (const escaped of [source.replace(/model$/, 'mode%6c'), `runs:/${runId}/mode%6C`])
    await expect(client.createModelVersion('m', escaped, runId, {})).rejects.toThrow(
      /percent escape.*name the folder as it is/,
    );
});
