import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { blobPathOf } from '@assay/registry-store/artifacts-blobs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { bytesOf, sha256 } from './artifact-stores.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

const MIB = 1024 * 1024;
const BASE = '/api/2.0/mlflow-artifacts';
let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

const url = (path: string) => `${registry.url}${BASE}/artifacts/${path}`;
const put = async (path: string, body: Uint8Array | string) =>
  (await fetch(url(path), { method: 'PUT', body: new Blob([body as BlobPart]) })).status;
const blobFile = (digest: string) => join(registry.artifacts, blobPathOf(digest));

interface Answer {
  readonly status: number;
  readonly body: Record<string, never> & { readonly error_code?: string };
}
async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
  const answer = await fetch(`${registry.url}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}
const mlflow = (method: string, path: string, body?: unknown) => ask(method, `/api/2.0/mlflow/${path}`, body);

interface Deletion {
  readonly id: string;
  readonly state: string;
  readonly receipt: { removed: { digest: string }[]; kept: { digest: string }[]; bytesRemoved: number };
}
const receiptOf = (id: string) =>
  until('the deletion is done', async () => {
    const { body } = await ask('GET', `/api/assay/v1/deletions/${id}`);
    const deletion = body as unknown as Deletion;
    return deletion.state === 'done' && deletion.receipt;
  });
const purge = async (what: Record<string, string>) => {
  const { status, body } = await ask('POST', '/api/assay/v1/deletions', what);
  expect(status).toBe(202);
  return receiptOf((body as unknown as Deletion).id);
};

const newExperiment = async (name: string) =>
  ((await mlflow('POST', 'experiments/create', { name })).body as unknown as { experiment_id: string })
    .experiment_id;
const newRun = async (experiment_id = '0') => {
  const { body } = await mlflow('POST', 'runs/create', { experiment_id });
  const { info } = (body as unknown as { run: { info: { run_id: string; artifact_uri: string } } }).run;
  return {
    id: info.run_id,
    uri: info.artifact_uri,
    root: info.artifact_uri.slice('mlflow-artifacts:/'.length),
  };
};

describe('bytes', () => {
  test.for([
    ['first bytes', 'bytes=0-3', 206, 'bytes 0-3/26', 'abcd'],
    ['the rest', 'bytes=20-', 206, 'bytes 20-25/26', 'uvwxyz'],
    ['the last bytes', 'bytes=-2', 206, 'bytes 24-25/26', 'yz'],
    ['beyond the end', 'bytes=20-99', 206, 'bytes 20-25/26', 'uvwxyz'],
    ['nothing there', 'bytes=26-', 416, 'bytes */26', ''],
    ['no range', 'bytes=x', 200, null, 'abcdefghijklmnopqrstuvwxyz'],
  ] as const)('range: %s', async ([, Range, status, contentRange, text]) => {
    await put('ranges/letters', 'abcdefghijklmnopqrstuvwxyz');
    const answer = await fetch(url('ranges/letters'), { headers: { Range } });
    expect([answer.status, answer.headers.get('content-range'), await answer.text()]).toEqual([
      status,
      contentRange,
      text,
    ]);
  });

  test('HEAD tells size and digest; the rest of a changed file is not served as the rest', async () => {
    await put('head/file', 'first');
    const head = await fetch(url('head/file'), { method: 'HEAD' });
    const etag = `"${sha256(Buffer.from('first'))}"`;
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([
      200,
      '5',
      etag,
    ]);
    await put('head/file', 'other');
    const rest = await fetch(url('head/file'), { headers: { Range: 'bytes=2-', 'If-Range': etag } });
    expect([rest.status, await rest.text()]).toEqual([200, 'other']);
  });

  test('a flipped bit on disk never reaches the client as a whole file', async () => {
    const bytes = bytesOf(3 * MIB, 5);
    await put('flip/model.onnx', bytes);
    const file = blobFile(sha256(bytes));
    const damaged = readFileSync(file);
    damaged[2 * MIB + 1] = (damaged[2 * MIB + 1] ?? 0) ^ 4;
    writeFileSync(file, damaged);
    await expect(fetch(url('flip/model.onnx')).then((r) => r.arrayBuffer())).rejects.toThrow();
    const range = await fetch(url('flip/model.onnx'), { headers: { Range: `bytes=${2 * MIB}-` } });
    expect([range.status, ((await range.json()) as { error_code: string }).error_code]).toEqual([
      410,
      'DATA_LOSS',
    ]);
    await put('flip/model.onnx', bytes);
    expect(sha256(new Uint8Array(await (await fetch(url('flip/model.onnx'))).arrayBuffer()))).toBe(
      sha256(bytes),
    );
  });

  test('an upload that breaks off is no artifact', async () => {
    const sending = request(url('half/file'), { method: 'PUT', headers: { 'Content-Length': 10 * MIB } });
    sending.on('error', () => {});
    sending.write(Buffer.alloc(3 * MIB));
    await until(
      'its first bytes are here',
      () => readdirSync(join(registry.artifacts, 'incoming')).length > 0,
    );
    sending.destroy();
    await until('it is cleared away', () => readdirSync(join(registry.artifacts, 'incoming')).length === 0);
    expect((await fetch(url('half/file'))).status).toBe(404);
  });

  test('folders: listed by name, neither file under a file nor file over a folder', async () => {
    for (const path of ['tree/a.txt', 'tree/a/x', 'tree/a/y/z', 'tree/ä/x', 'tree/b']) await put(path, path);
    const listed = (await (await fetch(`${registry.url}${BASE}/artifacts?path=tree`)).json()) as {
      files: { path: string; is_dir: boolean }[];
    };
    expect(listed.files.map((f) => `${f.path}${f.is_dir ? '/' : ''}`)).toEqual(['a/', 'a.txt', 'b', 'ä/']);
    expect(await put('tree/a', 'over a folder')).toBe(400);
    expect(await put('tree/b/c', 'under a file')).toBe(400);
    expect(await put(`tree/${'n'.repeat(300)}`, 'long name')).toBe(400);
    expect(await put(`tree/${'deep/'.repeat(300)}x`, 'long path')).toBe(400);
  });
});

describe('multipart', () => {
  const begin = async (path: string, num_parts: number) => {
    const { status, body } = await ask('POST', `${BASE}/mpu/create/${path}`, {
      path: '/home/ada/big.bin',
      num_parts,
    });
    expect(status).toBe(200);
    return body as unknown as {
      upload_id: string;
      credentials: { url: string; part_number: number; headers: Record<string, string> }[];
    };
  };
  const sendPart = async (at: { url: string; headers: Record<string, string> }, bytes: Uint8Array) => {
    const answer = await fetch(at.url, {
      method: 'PUT',
      headers: at.headers,
      body: new Blob([bytes as BlobPart]),
    });
    return { status: answer.status, etag: answer.headers.get('etag') };
  };
  const end = (what: 'complete' | 'abort', path: string, upload_id: string, parts: object[] = []) =>
    ask('POST', `${BASE}/mpu/${what}/${path}`, { path: '/home/ada/big.bin', upload_id, parts });

  test('parts in any order, one sent twice, completed twice', async () => {
    const bytes = [bytesOf(2 * MIB, 1), bytesOf(2 * MIB, 2), bytesOf(77, 3)];
    const { upload_id, credentials } = await begin('multi', 3);
    const parts = [];
    await sendPart(credentials[1] as never, bytesOf(9, 9));
    for (const i of [2, 0, 1]) {
      const { status, etag } = await sendPart(credentials[i] as never, bytes[i] as Buffer);
      expect(status).toBe(200);
      parts.push({ part_number: i + 1, etag, url: credentials[i]?.url });
    }
    const { body } = await ask('GET', `/api/assay/v1/uploads/${upload_id}`);
    expect(body).toMatchObject({
      path: 'multi/big.bin',
      parts: 3,
      complete: false,
      received: [{ part: 1 }, { part: 2 }, { part: 3 }],
    });
    for (let i = 0; i < 2; i += 1)
      expect((await end('complete', 'multi', upload_id, parts)).status).toBe(200);
    expect((await end('abort', 'multi', upload_id)).status).toBe(200);
    const whole = await fetch(url('multi/big.bin'));
    expect(sha256(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256(Buffer.concat(bytes)));
    expect(existsSync(join(registry.artifacts, 'uploads', upload_id))).toBe(false);
  });

  test('refused: wrong token, unknown part, missing part, wrong tag, other path, unknown upload', async () => {
    const { upload_id, credentials } = await begin('refused', 2);
    const [first] = credentials;
    const one = first as NonNullable<typeof first>;
    expect(
      (await sendPart({ url: one.url, headers: { 'x-assay-upload-token': 'guess' } }, bytesOf(5))).status,
    ).toBe(403);
    expect((await sendPart({ url: one.url, headers: {} }, bytesOf(5))).status).toBe(403);
    expect(
      (await sendPart({ url: one.url.replace(/1$/, '3'), headers: one.headers }, bytesOf(5))).status,
    ).toBe(400);
    const { etag } = await sendPart(one, bytesOf(5));
    const sent = [{ part_number: 1, etag }];
    expect((await end('complete', 'refused', upload_id, sent)).body.error_code).toBe(
      'INVALID_PARAMETER_VALUE',
    );
    const second = await sendPart(credentials[1] as never, bytesOf(6));
    const wrong = [...sent, { part_number: 2, etag: etag }];
    expect((await end('complete', 'refused', upload_id, wrong)).status).toBe(400);
    const right = [...sent, { part_number: 2, etag: second.etag }];
    expect((await end('complete', 'elsewhere', upload_id, right)).status).toBe(400);
    expect((await end('abort', 'refused', upload_id)).status).toBe(200);
    expect((await end('complete', 'refused', upload_id, right)).status).toBe(404);
    expect((await fetch(url('refused/big.bin'))).status).toBe(404);
    expect((await ask('POST', `${BASE}/mpu/create/x`, { path: 'f', num_parts: 10_001 })).status).toBe(400);
    expect((await ask('POST', `${BASE}/mpu/create/x`, { path: '../..' })).status).toBe(400);
  });
});

describe('deletion', () => {
  test('MLflow’s delete answers {} and says where the receipt is', async () => {
    const bytes = bytesOf(1000, 71);
    await put('gone/a/one', bytes);
    const answer = await fetch(url('gone/a'), { method: 'DELETE' });
    expect([answer.status, await answer.text()]).toEqual([200, '{}']);
    const receipt = await receiptOf(String(answer.headers.get('location')?.split('/').at(-1)));
    expect(receipt.removed).toEqual([{ digest: sha256(bytes), bytes: 1000 }]);
    expect(existsSync(blobFile(sha256(bytes)))).toBe(false);
    expect((await fetch(url('gone/a'), { method: 'DELETE' })).status).toBe(200);
    expect((await fetch(url(''), { method: 'DELETE' })).status).toBe(400);
  });

  test('a purged run leaves neither file nor row; what another run shares stays', async () => {
    const [run, other] = [await newRun(), await newRun()];
    const [own, shared] = [bytesOf(700, 81), bytesOf(800, 82)];
    await put(`${run.root}/own.bin`, own);
    await put(`${run.root}/shared.bin`, shared);
    await put(`${other.root}/shared.bin`, shared);
    await mlflow('POST', 'runs/log-batch', {
      run_id: run.id,
      metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }],
      params: [{ key: 'p', value: '1' }],
      tags: [{ key: 't', value: '1' }],
    });
    const early = await ask('POST', '/api/assay/v1/deletions', { kind: 'run', run_id: run.id });
    expect([early.status, early.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    await mlflow('POST', 'runs/delete', { run_id: run.id });
    const receipt = await purge({ kind: 'run', run_id: run.id });
    expect(receipt.removed.map((r) => r.digest)).toEqual([sha256(own)]);
    expect(receipt.kept).toMatchObject([{ digest: sha256(shared), why: 'shared' }]);
    expect((await mlflow('GET', `runs/get?run_id=${run.id}`)).status).toBe(404);
    expect((await fetch(url(`${other.root}/shared.bin`))).status).toBe(200);
  });

  test('a live version’s files can be neither changed nor deleted; a purged version leaves none', async () => {
    const run = await newRun();
    const bytes = bytesOf(900, 91);
    await put(`${run.root}/model/model.onnx`, bytes);
    await mlflow('POST', 'registered-models/create', { name: 'sealed' });
    const made = await mlflow('POST', 'model-versions/create', {
      name: 'sealed',
      source: `${run.uri}/model`,
      run_id: run.id,
    });
    expect(made.status).toBe(200);
    expect(await put(`${run.root}/model/model.onnx`, 'another model')).toBe(409);
    expect(await put(`${run.root}/model/model.onnx`, bytes)).toBe(200);
    expect((await fetch(url(`${run.root}/model`), { method: 'DELETE' })).status).toBe(409);
    await mlflow('POST', 'runs/delete', { run_id: run.id });
    expect((await ask('POST', '/api/assay/v1/deletions', { kind: 'run', run_id: run.id })).status).toBe(409);
    const version = { kind: 'model-version', name: 'sealed', version: '1' };
    expect((await ask('POST', '/api/assay/v1/deletions', version)).status).toBe(400);
    await mlflow('DELETE', 'model-versions/delete', { name: 'sealed', version: '1' });
    expect((await purge(version)).removed.map((r) => r.digest)).toEqual([sha256(bytes)]);
    expect(existsSync(blobFile(sha256(bytes)))).toBe(false);
  });

  test('a purged experiment leaves no file of its runs, models and root', async () => {
    const id = await newExperiment('to purge');
    const run = await newRun(id);
    const { body } = await mlflow('POST', 'logged-models', {
      experiment_id: id,
      name: 'm',
      source_run_id: run.id,
    });
    const { info } = (body as unknown as { model: { info: { artifact_uri: string } } }).model;
    const files = [
      `${run.root}/a`,
      `${info.artifact_uri.slice('mlflow-artifacts:/'.length)}/b`,
      `${id}/loose`,
    ];
    for (const [i, file] of files.entries()) await put(file, bytesOf(500 + i, 100));
    expect(
      (await ask('POST', '/api/assay/v1/deletions', { kind: 'experiment', experiment_id: id })).status,
    ).toBe(400);
    await mlflow('POST', 'experiments/delete', { experiment_id: id });
    const receipt = await purge({ kind: 'experiment', experiment_id: id });
    expect(receipt.removed).toHaveLength(3);
    expect((await (await fetch(`${registry.url}${BASE}/artifacts?path=${id}`)).json()) as object).toEqual({});
    expect((await mlflow('GET', `experiments/get?experiment_id=${id}`)).status).toBe(404);
  });

  test('refused: unknown kind, unknown deletion, the default experiment, a sweep by who may not', async () => {
    for (const [body, status] of [
      [{ kind: 'everything' }, 400],
      [{ kind: 'artifact', path: '../x' }, 400],
      [{ kind: 'artifact', path: '/' }, 400],
      [{ kind: 'run', run_id: 'nope' }, 404],
      [{ kind: 'experiment', experiment_id: '0' }, 400],
      [{ kind: 'model-version', name: 'none', version: '1' }, 404],
    ] as const) {
      expect([body, (await ask('POST', '/api/assay/v1/deletions', body)).status]).toEqual([body, status]);
    }
    expect((await ask('GET', '/api/assay/v1/deletions/nope')).status).toBe(404);
    expect((await ask('POST', '/api/assay/v1/sweeps', { grace_ms: 0 }, TOKENS.scientist)).status).toBe(403);
    expect(
      (await ask('POST', '/api/assay/v1/deletions', { kind: 'run', run_id: 'x' }, TOKENS.client)).status,
    ).toBe(403);
  });

  test('a sweep takes what no name needs, and its receipt is listed', async () => {
    const [old, kept] = [bytesOf(640, 111), bytesOf(641, 112)];
    await put('swept/file', old);
    await put('swept/file', kept);
    const { body } = await ask('POST', '/api/assay/v1/sweeps', { grace_ms: 0 }, TOKENS.service);
    const swept = body as unknown as Deletion;
    expect(swept.receipt.removed.map((r) => r.digest)).toContain(sha256(old));
    expect([existsSync(blobFile(sha256(old))), existsSync(blobFile(sha256(kept)))]).toEqual([false, true]);
    const listed = await ask('GET', '/api/assay/v1/deletions?max_results=1');
    expect((listed.body as unknown as { deletions: Deletion[] }).deletions[0]?.id).toBe(swept.id);
  });
});

test('no table still knows a purged run', async () => {
  const { default: pg } = await import('pg');
  const run = await newRun();
  await put(`${run.root}/x`, 'x');
  await mlflow('POST', 'runs/log-inputs', {
    run_id: run.id,
    datasets: [{ dataset: { name: 'd', digest: '1' }, tags: [] }],
  });
  await mlflow('POST', 'runs/log-metric', { run_id: run.id, key: 'm', value: 1, timestamp: 1 });
  await mlflow('POST', 'runs/delete', { run_id: run.id });
  await purge({ kind: 'run', run_id: run.id });
  const client = new pg.Client(registry.database);
  await client.connect();
  const { rows: tables } = await client.query(
    `SELECT table_name FROM information_schema.columns WHERE table_schema = 'registry' AND column_name = 'run_id'`,
  );
  expect(tables.length).toBeGreaterThan(5);
  for (const { table_name } of tables as { table_name: string }[]) {
    const { rowCount } = await client.query(`SELECT 1 FROM registry.${table_name} WHERE run_id = $1`, [
      run.id,
    ]);
    expect([table_name, rowCount]).toEqual([table_name, 0]);
  }
  await client.end();
});

test.for([
  [{ ASSAY_ARTIFACTS: 'ftp://host/x' }, 'ASSAY_ARTIFACTS'],
  [{ ASSAY_ARTIFACTS: 's3://Bad_Bucket/x' }, 's3://bucket'],
  [{ ASSAY_ARTIFACTS: 's3://bucket/../x' }, 's3://bucket'],
  [{ ASSAY_ARTIFACTS: 's3://bucket/x' }, 'ASSAY_ARTIFACTS_STAGING'],
  [
    { ASSAY_ARTIFACTS: 's3://bucket', ASSAY_STATE: 's', ASSAY_S3_ENDPOINT: 'http://key:secret@host' },
    'without credentials',
  ],
  [{ ASSAY_ARTIFACTS: 'a', ASSAY_SWEEP_GRACE_MS: 'soon' }, 'ASSAY_SWEEP_GRACE_MS'],
  [{}, 'ASSAY_ARTIFACTS is missing'],
] as const)('bad environment stops the start: %o', async ([env, named]) => {
  const { readArtifactConfig } = await import('@assay/registry-server/artifact-config');
  expect(() => readArtifactConfig(env)).toThrow(named);
});
