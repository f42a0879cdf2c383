import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import { listSegments } from '@assay/model-servers/evidence/segments';
import { GRPCInferenceServiceClient } from '@assay/proto/gen/inference/open_inference_grpc';
import { credentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { infer, pricingInputs, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess, served, until } from './inference-server.ts';

const plan = (version: string): object =>
  endpoint('price', 'pricing', '', { champion: served(version, 'pricing-elastic') });
const REQUEST = requestOf('price', pricingInputs(1000, 500));

/** Two processes on one pair of ports. Segments stay open, so that their names tell who wrote. */
const start = (): Promise<ModelServerProcess> =>
  ModelServerProcess.start([plan('1')], {
    env: { ASSAY_MODEL_SERVER_PROCESSES: '2', ASSAY_SEAL_AFTER_MS: '600000' },
  });

/** An answer over a connection of its own, so that whose turn it is answers. */
async function ask(server: ModelServerProcess): Promise<{ id: string; version: string }> {
  const inference = new GRPCInferenceServiceClient(server.grpc, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  try {
    const { decisionId, version } = await infer({ inference } as unknown as ModelServerProcess, REQUEST);
    return { id: decisionId, version };
  } finally {
    inference.close();
  }
}

const askAll = (server: ModelServerProcess, count: number) =>
  Promise.all(Array.from({ length: count }, () => ask(server)));

/** Processes that have an open segment, or left one. */
const writers = async (server: ModelServerProcess): Promise<readonly string[]> => {
  const segments = await listSegments(server.evidence);
  return [...new Set(segments.map((name) => name.slice(0, name.lastIndexOf('-'))))].sort();
};

const answered = async (server: ModelServerProcess): Promise<number> => {
  const text = await (await fetch(`${server.http}/metrics`, { headers: { connection: 'close' } })).text();
  return Number(/^assay_answers_total\{[^}]*outcome="answered"[^}]*\} (\d+)/m.exec(text)?.[1]);
};

test('two processes on one port: each answers, metrics are of both, evidence has every answer once', async () => {
  await using server = await start();
  const told = await askAll(server, 20);
  expect(await writers(server)).toEqual(['server-1-1', 'server-1-2']);
  expect(await answered(server)).toBe(20);
  await server.stop('SIGTERM');
  const ids: string[] = [];
  for await (const record of catEvidence(server.evidence, () => undefined))
    if (record.kind === 'predictions') ids.push(String(record.decision_id));
  expect(ids.sort()).toEqual(told.map((t) => t.id).sort());
});

test('a changed plan reaches both', async () => {
  await using server = await start();
  server.writePlan([plan('2')]);
  server.signal('SIGHUP');
  await until('version 2 everywhere', async () => {
    const versions = (await askAll(server, 8)).map((t) => t.version);
    return versions.every((v) => v === '2') ? true : undefined;
  });
});

test('kill -9 of one: the other answers, a new one takes its place, and its evidence is whole', async () => {
  await using server = await start();
  const before = await askAll(server, 8);
  const lock = readFileSync(join(server.evidence, 'wal/server-1-2.lock'), 'utf8');
  const { pid } = JSON.parse(lock) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until('a new process', () =>
    server.log.match(/"server":"server-1-2"[^\n]*model server is up/g)?.length === 2 ? true : undefined,
  );
  const after = await askAll(server, 8);
  await server.stop('SIGTERM');
  const ids = new Set<string>();
  for await (const record of catEvidence(server.evidence, () => undefined))
    if (record.kind === 'predictions') ids.add(String(record.decision_id));
  for (const { id } of [...before, ...after]) expect(ids.has(id)).toBe(true);
});

test('a plan that is unfit stops the start of all', async () => {
  const unfit = ModelServerProcess.start([endpoint('price', 'pricing', 'none')], {
    env: { ASSAY_MODEL_SERVER_PROCESSES: '2' },
  });
  await expect(unfit).rejects.toThrow('MODEL_MISSING');
});
