import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PREDICTION_COLUMNS } from '@assay/domain/evidence-schema';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { biddingInputs, infer, rankingInputs, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess, served, until } from './inference-server.ts';

const ENDPOINTS = [
  endpoint('bid', 'bidding', 'bidding-affinity', { shadows: [served('9', 'bidding-affinity')] }),
  endpoint('rank', 'ranking', 'ranking-affinity'),
];

type Row = Readonly<Record<string, unknown>>;

async function evidenceOf(dir: string): Promise<{ rows: readonly Row[]; warnings: readonly string[] }> {
  const [rows, warnings]: [Row[], string[]] = [[], []];
  for await (const record of catEvidence(dir, (line) => warnings.push(line))) rows.push(record);
  return { rows, warnings };
}

const served1 = (rows: readonly Row[]): readonly string[] =>
  rows.filter((r) => r.kind === 'predictions' && r.role === 'served').map((r) => String(r.decision_id));

const segmentsIn = (dir: string): readonly string[] =>
  existsSync(join(dir, 'wal')) ? readdirSync(join(dir, 'wal')).filter((f) => f.endsWith('.wal')) : [];

/** Keeps `width` requests in flight until told to stop; the ids of all that were answered. */
function load(server: ModelServerProcess, width: number): { answered: string[]; end: () => Promise<void> } {
  const answered: string[] = [];
  let stop = false;
  const worker = async (n: number): Promise<void> => {
    for (let i = 0; !stop; i++) {
      const told = await infer(server, requestOf('bid', biddingInputs(0, 10), { unit: `u${n}-${i}` })).catch(
        () => undefined,
      );
      if (told === undefined) return;
      answered.push(told.decisionId);
    }
  };
  const workers = Promise.all(Array.from({ length: width }, (_, n) => worker(n)));
  return {
    answered,
    end: async () => {
      stop = true;
      await workers;
    },
  };
}

test('kill -9 under load: every answered prediction is in the evidence once; leftovers are recovered and sealed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-kill-'));
  try {
    await using server = await ModelServerProcess.start(ENDPOINTS, { dir });
    const all: string[] = [];
    for (let round = 0; round < 3; round++) {
      const running = load(server, 16);
      const before = running.answered.length;
      await until('answers', () => (running.answered.length - before > 400 ? true : undefined));
      await server.stop('SIGKILL');
      await running.end();
      all.push(...running.answered);
      const ids = served1((await evidenceOf(server.evidence)).rows);
      expect(new Set(ids).size).toBe(ids.length);
      expect(all.filter((id) => !ids.includes(id))).toEqual([]);
      await server.start();
    }
    await until('all earlier segments are sealed', () =>
      segmentsIn(server.evidence).length === 0 ? true : undefined,
    );
    const ids = new Set(served1((await evidenceOf(server.evidence)).rows));
    expect(all.filter((id) => !ids.has(id))).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('SIGTERM answers what is in flight, seals everything, and loses nothing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-term-'));
  try {
    await using server = await ModelServerProcess.start(ENDPOINTS, { dir });
    const running = load(server, 8);
    await until('answers', () => (running.answered.length > 200 ? true : undefined));
    server.signal('SIGTERM');
    await running.end();
    await server.stop();
    expect(segmentsIn(server.evidence)).toEqual([]);
    const ids = served1((await evidenceOf(server.evidence)).rows);
    expect(running.answered.filter((id) => !ids.includes(id))).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a torn tail is cut and counted; the whole records before it are sealed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'assay-torn-'));
  try {
    await using server = await ModelServerProcess.start(ENDPOINTS, {
      dir,
      env: { ASSAY_SEAL_AFTER_MS: '600000' },
    });
    const told = await infer(server, requestOf('rank', rankingInputs([0.1, 0.2])));
    await server.stop('SIGKILL');
    const [segment = ''] = segmentsIn(server.evidence);
    appendFileSync(join(server.evidence, 'wal', segment), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7]));
    const torn = await evidenceOf(server.evidence);
    expect(torn.warnings).toEqual([`${segment.replace('.wal', '')}: 11 bytes of a torn tail left out`]);
    expect(served1(torn.rows)).toEqual([told.decisionId]);
    await server.start();
    await until('sealed', () => (segmentsIn(server.evidence).length === 0 ? true : undefined));
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    expect(metrics).toContain('assay_evidence_torn_bytes_total 11');
    const sealed = await evidenceOf(server.evidence);
    expect(sealed.warnings).toEqual([]);
    // What could not be read is kept aside, not erased
    expect(existsSync(join(server.evidence, 'wal', segment.replace('.wal', '.torn')))).toBe(true);
    // What a segment says and what its Parquet file says are the same
    expect(sealed.rows).toEqual(torn.rows);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('sealed files: columns of the schema, digest of the manifest, read by DuckDB; shadows beside what they copy', async () => {
  await using server = await ModelServerProcess.start(ENDPOINTS);
  const told = await infer(server, requestOf('bid', biddingInputs(0, 30), { unit: 'anna', id: 'q-1' }));
  await expect(
    infer(server, requestOf('bid', biddingInputs(Number.NaN, 30), { id: 'q-2' })),
  ).rejects.toMatchObject({ code: 3 });
  const folder = join(server.evidence, 'predictions', 'endpoint=bid');
  const date = await until('a sealed date', () => (existsSync(folder) ? readdirSync(folder)[0] : undefined));
  const name = await until('a manifest', () =>
    readdirSync(join(folder, date)).find((f) => f.endsWith('.json')),
  );
  const manifest = JSON.parse(readFileSync(join(folder, date, name), 'utf8'));
  const parquet = join(folder, date, manifest.file);
  expect(manifest).toMatchObject({
    kind: 'predictions',
    endpoint: 'bid',
    rows: 3,
    segment: name.replace('.json', ''),
  });
  expect(createHash('sha256').update(readFileSync(parquet)).digest('hex')).toBe(manifest.sha256);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const described = await connection.runAndReadAll(
    `DESCRIBE SELECT * FROM read_parquet('${parquet}', hive_partitioning = false)`,
  );
  expect(Object.fromEntries(described.getRowObjects().map((r) => [r.column_name, r.column_type]))).toEqual(
    PREDICTION_COLUMNS,
  );
  const rows = await connection.runAndReadAll(
    `SELECT role, decision_id, version, arm, status, reason, propensity, request_id, length(unit_key) AS key, sticky,
       input_specs, octet_length(input_bytes[1]) AS first_bytes, output_specs, features, served['bid_cents'] AS bid
     FROM read_parquet('${parquet}') ORDER BY role, request_id`,
  );
  const [first, refused, shadow] = rows.getRowObjectsJson();
  expect(first).toMatchObject({
    role: 'served',
    decision_id: told.decisionId,
    version: '1',
    arm: 'champion',
    status: 'OK',
  });
  expect(first).toMatchObject({
    reason: 'champion',
    propensity: 1,
    request_id: 'q-1',
    key: '32',
    sticky: true,
    bid: 15,
  });
  expect(first).toMatchObject({ first_bytes: '40', features: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
  expect(JSON.parse(String(first?.output_specs)).map((s: { name: string }) => s.name)).toEqual([
    'bid_cents',
    'raw:probability',
  ]);
  expect(refused).toMatchObject({ role: 'served', request_id: 'q-2', status: 'INVALID_ARGUMENT', bid: null });
  expect(shadow).toMatchObject({
    role: 'shadow',
    decision_id: told.decisionId,
    version: '9',
    arm: 'shadow',
    bid: 15,
    propensity: 0,
  });
  connection.closeSync();
});

test('what no request may leave in evidence: the unit id itself', async () => {
  await using server = await ModelServerProcess.start(ENDPOINTS, { env: { ASSAY_SEAL_AFTER_MS: '600000' } });
  await infer(server, requestOf('bid', biddingInputs(0, 30), { unit: 'anna.kowalska@example.org' }));
  const [segment = ''] = segmentsIn(server.evidence);
  const bytes = readFileSync(join(server.evidence, 'wal', segment)).toString('latin1');
  expect(bytes).toContain('bid_cents');
  expect(bytes).not.toContain('kowalska');
});

test('a second server with the same id is refused; after a kill the id is free', async () => {
  await using server = await ModelServerProcess.start(ENDPOINTS);
  await expect(ModelServerProcess.start(ENDPOINTS, { dir: server.dir })).rejects.toThrow(
    'another process does so',
  );
  const told = await infer(server, requestOf('rank', rankingInputs([0.1, 0.2])));
  await server.stop('SIGKILL');
  await server.start();
  expect(served1((await evidenceOf(server.evidence)).rows)).toEqual([told.decisionId]);
});
