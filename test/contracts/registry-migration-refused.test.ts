import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { RegistryClient } from '@assay/registry-client/registry-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assay } from '../plane/assay.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

interface Report {
  ok: boolean;
  failures: { what: string; code: string; why: string }[];
  error?: { code: string; message: string; remedy: string };
}

/** A run with a file, and version 1 of a model that points there. */
async function fill(url: string, experiment: string, model: string): Promise<string> {
  const client = new RegistryClient({ baseUrl: url, token: TOKENS.service });
  const { runId, artifactUri } = await client.createRun(
    await client.createExperimentIfMissing(experiment),
    'a',
    1,
  );
  await client.uploadArtifact(runId, 'model/weights.bin', new Uint8Array(50_000).fill(7));
  await client.finishRun(runId, 2);
  await client.createRegisteredModelIfMissing(model);
  await client.createModelVersion(model, `${artifactUri}/model`, runId);
  return runId;
}

/** Passes everything on, but the bytes of files one byte shorter. */
async function cuttingProxy(upstream: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    void (async () => {
      const body =
        request.method === 'GET'
          ? {}
          : { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' as const };
      const headers = {
        'content-type': request.headers['content-type'] ?? '',
        authorization: request.headers.authorization ?? '',
      };
      const answer = await fetch(`${upstream}${request.url}`, {
        method: request.method ?? 'GET',
        headers,
        ...body,
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const isFile = (request.url ?? '').includes('/mlflow-artifacts/artifacts/');
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(isFile ? bytes.subarray(1) : bytes);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}

describe('what a migration refuses', () => {
  let source: TestRegistry;
  let target: TestRegistry;
  let runId: string;

  const run = async (verb: 'import' | 'export', uri: string, token: string = TOKENS.service) => {
    const args = [verb, 'mlflow', uri, '--registry', target.url, '--json'];
    const { code, stdout, stderr } = await assay(args, {
      env: { ASSAY_TOKEN: token, MLFLOW_TRACKING_TOKEN: TOKENS.service },
    });
    return { code, stderr, report: JSON.parse(stdout) as Report };
  };

  beforeAll(async () => {
    [source, target] = await Promise.all([startTestRegistry(), startTestRegistry()]);
    runId = await fill(source.url, 'there', 'scorer');
    await fill(target.url, 'here', 'scorer');
  });

  afterAll(async () => {
    await Promise.all([source, target].map((s) => s?.[Symbol.asyncDispose]()));
  });

  test.for([
    { uri: 'http://127.0.0.1:9', code: 'UNREACHABLE', why: 'nobody answers there' },
    { uri: 'sqlite:///mlflow.db', code: 'CONFIG_INVALID', why: 'it is no server' },
    { uri: 'http://me:secret@127.0.0.1:9', code: 'CONFIG_INVALID', why: 'a password does not belong there' },
  ])('import from "$uri": $why', async ({ uri, code }) => {
    const { code: exit, report, stderr } = await run('import', uri);
    expect({ exit, code: report.error?.code }).toEqual({ exit: 1, code });
    expect(`${report.error?.message}${stderr}`).not.toContain('secret');
  });

  test('a server onto itself', async () => {
    const { code, report } = await run('import', target.url);
    expect({ code, error: report.error?.code }).toEqual({ code: 1, error: 'REQUEST_INVALID' });
  });

  test('an import by a data scientist, who may not set ids and times', async () => {
    const { code, report } = await run('import', source.url, TOKENS.scientist);
    expect({ code, error: report.error?.code }).toEqual({ code: 1, error: 'PERMISSION_DENIED' });
  });

  test('bytes that change on the way are found, and the next import mends them', async () => {
    const { url, server } = await cuttingProxy(source.url);
    const cut = await run('import', url);
    server.close();
    server.closeAllConnections();
    expect(cut.code).toBe(1);
    expect(cut.report.failures).toContainEqual(
      expect.objectContaining({ what: `run ${runId}`, code: 'ARTIFACT_DIGEST' }),
    );
    const again = await run('import', source.url);
    expect(again.report.failures.map((f) => f.what)).not.toContain(`run ${runId}`);
  });

  test('a version whose number another version has: reported, and the one that was there stays', async () => {
    const before = await new RegistryClient({ baseUrl: target.url }).getModelVersion('scorer', '1');
    const { code, report } = await run('import', source.url);
    expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false });
    expect(report.failures).toEqual([
      expect.objectContaining({ what: 'model-version scorer/1', code: 'ALREADY_EXISTS' }),
    ]);
    expect(await new RegistryClient({ baseUrl: target.url }).getModelVersion('scorer', '1')).toEqual(before);
  });

  test('an export into an experiment whose artifacts the server does not proxy', async () => {
    await fetch(`${source.url}/api/2.0/mlflow/experiments/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'here', artifact_location: 's3://bucket/here' }),
    });
    const { code, report } = await run('export', source.url);
    expect(code).toBe(1);
    expect(report.failures).toContainEqual(expect.objectContaining({ code: 'ARTIFACTS_NOT_PROXIED' }));
  });
});
