import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Seen } from '@assay/model-servers/evidence/seen';
import { Wal } from '@assay/model-servers/evidence/wal';
import { PlanHolder } from '@assay/model-servers/routing/plan-holder';
import { ShadowQueue } from '@assay/model-servers/routing/shadow-queue';
import { TrafficCounts } from '@assay/model-servers/routing/traffic';
import { Admission } from '@assay/model-servers/server/admission';
import { serverEvents } from '@assay/model-servers/server/events';
import { predictor } from '@assay/model-servers/server/predict';
import { Recorder } from '@assay/model-servers/server/recorder';
import { serveStandalone } from '@assay/model-servers/server/stand-alone';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { biddingInputs, infer, refusal, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess, until } from './inference-server.ts';

const PLAN = [endpoint('bid', 'bidding', 'bidding-affinity')];
const waiting = { cancelled: false };
const request = () => requestOf('bid', biddingInputs(0, 10), { unit: 'u' });

test('more than it takes at once: RESOURCE_EXHAUSTED at once, the others are answered, and it goes on', async () => {
  await using server = await ModelServerProcess.start(PLAN, { env: { ASSAY_MAX_IN_FLIGHT: '2' } });
  const asked = Array.from({ length: 60 }, () => infer(server, request()));
  const settled = await Promise.allSettled(asked);
  const refused = settled.filter((s) => s.status === 'rejected').map((s) => s.reason.code);
  expect(refused.length).toBeGreaterThan(0);
  expect(settled.length - refused.length).toBeGreaterThan(0);
  expect(new Set(refused)).toEqual(new Set([8]));
  const first = asked[settled.findIndex((s) => s.status === 'rejected')] as Promise<unknown>;
  expect((await refusal(first)).reason).toBe('OVERLOADED');
  expect((await infer(server, request())).version).toBe('1');
});

test('calls whose bodies have not come count, too: the next is turned away before its own, and one that ends makes room', async () => {
  await using server = await ModelServerProcess.start(PLAN, { env: { ASSAY_MAX_IN_FLIGHT: '2' } });
  const session = connect(`http://${server.grpc}`);
  const call = (): ClientHttp2Stream =>
    session.request({
      ...{ ':method': 'POST', ':path': '/inference.GRPCInferenceService/ModelInfer', te: 'trailers' },
      'content-type': 'application/grpc',
    });
  const open = [call(), call()];
  for (const stream of open) stream.on('error', () => undefined).write(Buffer.from([0]));
  await expect(
    until('it is full', () =>
      infer(server, request()).then(
        () => undefined,
        (cause: { code: number }) => cause,
      ),
    ),
  ).resolves.toMatchObject({ code: 8 });
  open[0]?.close();
  await until('there is room', () =>
    infer(server, request()).then(
      () => true,
      () => undefined,
    ),
  );
  session.destroy();
});

test('evidence that cannot be written: no answer leaves; when it can be again, answers do', async () => {
  await using server = await ModelServerProcess.start(PLAN);
  const wal = join(server.evidence, 'wal');
  rmSync(wal, { recursive: true });
  const refused = await refusal(infer(server, request()));
  expect([refused.code, refused.reason]).toEqual([14, 'EVIDENCE_UNWRITABLE']);
  mkdirSync(wal);
  expect((await infer(server, request())).version).toBe('1');
});

test('no model runs whose deadline has passed or whose caller is gone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-deadline-'));
  const [traffic, shadows, plans] = [new TrafficCounts(), new ShadowQueue(1), new PlanHolder()];
  const log = pino({ enabled: false });
  const wal = new Wal({ evidenceDir: dir, server: 's', sealAfterMs: 60_000, onClosed: () => undefined });
  const predict = predictor({
    ...{ plans, wal, recorder: new Recorder(wal), traffic, shadows, log },
    seenOutcomes: new Seen(1),
    seenExposures: new Seen(1),
    events: serverEvents(log, traffic, shadows),
    access: { required: false, identities: new Map() },
    metricsText: async () => '',
    admission: new Admission(1),
  });
  try {
    await expect(predict(request(), Number.POSITIVE_INFINITY, waiting)).rejects.toMatchObject({
      code: 'SERVER_NOT_READY',
    });
    const json = JSON.stringify({ version: 1, endpoints: PLAN });
    await plans.apply({ json, routeVersion: 1n, unitSecret: Buffer.alloc(32), base: dir });
    await expect(predict(request(), Date.now() - 1, waiting)).rejects.toMatchObject({
      code: 'DEADLINE_PASSED',
    });
    await expect(predict(request(), Date.now() + 10_000, { cancelled: true })).rejects.toMatchObject({
      code: 'CALL_CANCELLED',
    });
    expect((await predict(request(), Date.now() + 10_000, waiting)).modelVersion).toBe('1');
    expect(wal.records).toBe(3);
  } finally {
    await wal.close();
    rmSync(dir, { recursive: true });
  }
});

test('a full shadow queue drops and counts', async () => {
  const queue = new ShadowQueue(2);
  let done = 0;
  for (let i = 0; i < 5; i++) queue.add(async () => void done++);
  await until('the shadows', () => (queue.done === 2 ? true : undefined));
  expect([done, queue.dropped, queue.waiting]).toEqual([2, 3, 0]);
});

test('serve --plan in this process: answers, refuses a bad first plan, seals when it ends', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-alone-'));
  const plan = join(dir, 'plan.json');
  try {
    writeFileSync(plan, '{"version":2}');
    await expect(serveStandalone({ plan, evidence: join(dir, 'e') })).rejects.toMatchObject({
      code: 'PLAN_INVALID',
    });
    writeFileSync(plan, JSON.stringify({ version: 1, endpoints: PLAN }));
    await using server = await serveStandalone({ plan, evidence: join(dir, 'e') });
    expect(await (await fetch(`${server.http}/v2/health/ready`)).json()).toEqual({ ready: true });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
