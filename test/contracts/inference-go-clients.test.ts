import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, type TestContext, test } from 'vitest';
import { type GoModule, goTool } from '../plane/go-tool.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const run = promisify(execFile);
const GRPCURL: GoModule = {
  name: 'grpcurl',
  path: 'github.com/fullstorydev/grpcurl/cmd/grpcurl',
  version: 'v1.9.3',
};
const GHZ: GoModule = { name: 'ghz', path: 'github.com/bojand/ghz/cmd/ghz', version: 'v0.93.0' };
const K6: GoModule = { name: 'k6', path: 'go.k6.io/k6', version: 'v1.8.1' };

const PLAN = [endpoint('bid', 'bidding', 'bidding-affinity')];
const METHOD = 'inference.GRPCInferenceService/ModelInfer';
const request = (name = 'bid'): object => ({
  model_name: name,
  id: 'q-7',
  parameters: { unit_id: { string_param: 'anna' } },
  inputs: [
    {
      name: 'features',
      datatype: 'FP32',
      shape: [1, 10],
      contents: { fp32_contents: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
    },
    { name: 'click_value_cents', datatype: 'FP32', shape: [1], contents: { fp32_contents: [20] } },
  ],
});

async function programOf(module: GoModule, context: TestContext): Promise<string> {
  const tool = await goTool(module);
  return 'file' in tool ? tool.file : context.skip(tool.missing);
}

test('grpcurl: by reflection alone, without any proto file', async (context) => {
  const grpcurl = await programOf(GRPCURL, context);
  await using server = await ModelServerProcess.start(PLAN);
  const call = async (...args: string[]): Promise<string> =>
    (await run(grpcurl, ['-plaintext', ...args])).stdout;
  expect((await call(server.grpc, 'list')).split('\n')).toEqual(
    expect.arrayContaining([
      'assay.evidence.v1.Evidence',
      'grpc.health.v1.Health',
      'inference.GRPCInferenceService',
    ]),
  );
  expect(await call(server.grpc, 'describe', METHOD.replace('/', '.'))).toContain(
    '.inference.ModelInferRequest',
  );
  const answer = JSON.parse(await call('-d', JSON.stringify(request()), server.grpc, METHOD));
  expect(answer).toMatchObject({
    modelName: 'bid',
    id: 'q-7',
    parameters: { unit_id: { stringParam: 'anna' } },
  });
  expect(answer.outputs[0].contents.fp32Contents).toEqual([10]);
  const health = await call('-d', '{"service":"bid"}', server.grpc, 'grpc.health.v1.Health/Check');
  expect(JSON.parse(health)).toEqual({ status: 'SERVING' });
  const index = await call(server.grpc, 'inference.GRPCInferenceService/RepositoryIndex');
  expect(JSON.parse(index)).toEqual({ models: [{ name: 'bid', version: '1', state: 'READY' }] });
  const refused = await call(
    '-format-error',
    '-d',
    JSON.stringify(request('nowhere')),
    server.grpc,
    METHOD,
  ).catch((e: { stderr: string }) => JSON.parse(e.stderr));
  expect(refused).toMatchObject({ code: 5, message: expect.stringContaining('"nowhere"') });
});

test('ghz: every call of a small load is answered', async (context) => {
  const ghz = await programOf(GHZ, context);
  await using server = await ModelServerProcess.start(PLAN);
  const load = ['--total', '200', '--concurrency', '10', '--format', 'json'];
  const { stdout } = await run(ghz, [
    '--insecure',
    '--call',
    METHOD,
    '-d',
    JSON.stringify(request()),
    ...load,
    server.grpc,
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ count: 200, statusCodeDistribution: { OK: 200 } });
});

const SCRIPT = `
import grpc from 'k6/net/grpc';
import http from 'k6/http';
import { check } from 'k6';
const client = new grpc.Client();
export const options = { iterations: 20, vus: 2, thresholds: { checks: ['rate==1'] } };
export default function () {
  client.connect(__ENV.GRPC, { plaintext: true, reflect: true });
  const called = client.invoke('${METHOD}', JSON.parse(__ENV.REQUEST));
  check(called, { answered: (r) => r.status === grpc.StatusOK && r.message.modelName === 'bid' });
  const rest = http.post(__ENV.REST + '/v2/models/bid/infer', __ENV.BODY);
  check(rest, { 'answered by REST': (r) => r.status === 200 && r.json('outputs.0.data.0') === 10 });
  client.close();
}
`;

test('k6: gRPC by reflection and REST, all checks pass', async (context) => {
  const k6 = await programOf(K6, context);
  const folder = mkdtempSync(join(tmpdir(), 'assay-k6-'));
  try {
    await using server = await ModelServerProcess.start(PLAN);
    const [script, summary] = [join(folder, 'script.js'), join(folder, 'summary.json')];
    writeFileSync(script, SCRIPT);
    const body = {
      inputs: [
        { name: 'features', datatype: 'FP32', shape: [1, 10], data: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { name: 'click_value_cents', datatype: 'FP32', shape: [1], data: [20] },
      ],
    };
    const env = {
      ...process.env,
      GRPC: server.grpc,
      REST: server.http,
      REQUEST: JSON.stringify(request()),
      BODY: JSON.stringify(body),
    };
    await run(k6, ['run', '--quiet', '--no-usage-report', '--summary-export', summary, script], { env });
    expect(JSON.parse(readFileSync(summary, 'utf8')).metrics.checks).toMatchObject({ passes: 40, fails: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
