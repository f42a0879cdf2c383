import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prng } from '@assay/domain/prng';
import { type CatRecord, catEvidence } from '@assay/model-servers/evidence/cat';
import { KIND_COLUMNS } from '@assay/model-servers/evidence/rows';
import { sealSegment } from '@assay/model-servers/evidence/seal';
import { Wal } from '@assay/model-servers/evidence/wal';
import {
  EvidenceRecord,
  ExposureRecord,
  OutcomeRecord,
  PredictionRecord,
} from '@assay/proto/gen/events/evidence_record';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockedPython } from '../plane/locked-python.ts';

const reference = (name: string): string =>
  fileURLToPath(new URL(`../reference/parquet-readers/${name}`, import.meta.url));
const AT_MS = 1_795_500_000_000n;
const random = prng('evidence/readers');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'assay-readers-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const tensor = (name: string, rows: number): PredictionRecord['inputs'][number] => ({
  name,
  datatype: 'FP32',
  shape: [BigInt(rows)],
  data: Buffer.from(Float32Array.from({ length: rows }, () => random.normal()).buffer),
});

/** Every field in use now and then, absent now and then. */
function prediction(i: number): PredictionRecord {
  const some = <T>(value: T, none: T): T => (random.int(4) === 0 ? none : value);
  const rows = random.int(40);
  return PredictionRecord.fromPartial({
    ...{ decisionId: `d${i}`, role: 'served', atMs: AT_MS + BigInt(i), endpoint: 'é/1', family: 'pricing' },
    ...{
      unitKey: some(`unit-${i % 7}`, ''),
      sticky: i % 3 === 0,
      requestId: some(`q ${'ü'.repeat(i % 90)}`, ''),
    },
    ...{ version: some(`${i % 3}`, ''), arm: some(i % 2 === 0 ? 'canary' : 'champion', ''), status: 'OK' },
    ...{
      propensity: some(random.next(), 0),
      latencyUs: some(BigInt(random.int(2 ** 31)), 0n),
      routeVersion: -5n,
    },
    guardrails: i % 5 === 0 ? [{ rule: 'r"', kind: 'k', value: i, limit: 0.5, action: 'clamp' }] : [],
    inputs: some([tensor('a', rows), tensor('b', 1 + random.int(3))], []),
    outputs: some([tensor('price_cents', rows), { ...tensor('raw:y', 0), shape: [] }], []),
    features: some(
      Array.from({ length: random.int(4) }, () => random.normal()),
      [],
    ),
    served: some(Object.fromEntries(Array.from({ length: rows }, (_, r) => [`p_${r}`, random.int(3)])), {}),
  });
}

const outcome = (i: number): OutcomeRecord =>
  OutcomeRecord.fromPartial({
    ...{ outcomeId: `o${i}`, endpoint: 'é/1', occurredAtMs: -AT_MS, receivedAtMs: AT_MS },
    metrics: i % 3 === 0 ? {} : { profit_cents: random.normal(), margin: 0 },
    period: i % 2 === 0 ? BigInt(i) : undefined,
  });

const exposure = (i: number): ExposureRecord =>
  ExposureRecord.fromPartial({ exposureId: `x${i}`, endpoint: 'é/1', arm: 'b', receivedAtMs: AT_MS });

async function cat(): Promise<readonly CatRecord[]> {
  const found: CatRecord[] = [];
  for await (const record of catEvidence(dir, (line) => expect.fail(line))) found.push(record);
  return found;
}

/** Names of the segments that the records went to. */
async function append(records: readonly EvidenceRecord[]): Promise<readonly string[]> {
  const closed: string[] = [];
  const onClosed = (segment: string): void => void closed.push(segment);
  const wal = new Wal({ evidenceDir: dir, server: 's', sealAfterMs: 60_000, onClosed });
  for (const record of records)
    wal.append(EvidenceRecord.encode(record).finish(), 'before-reply', () => undefined);
  await wal.close();
  return closed;
}

/** As the readers' script prints it: bytes as hex, texts that hold JSON as they are. */
function asRead({ kind, ...record }: CatRecord): object {
  const texts = Object.entries(record).map(([name, value]) => {
    if (['guardrails', 'input_specs', 'output_specs'].includes(name)) return [name, JSON.stringify(value)];
    if (!name.endsWith('_bytes')) return [name, value];
    return [name, (value as string[]).map((base64) => Buffer.from(base64, 'base64').toString('hex'))];
  });
  return Object.fromEntries(texts);
}

test('DuckDB, pyarrow and polars read what was appended; columns are those of the schema', async () => {
  const all = (count: number, make: (i: number) => EvidenceRecord['record']): EvidenceRecord[] =>
    Array.from({ length: count }, (_, i) => ({ record: make(i) }));
  const records = [
    ...all(200, (i) => ({ $case: 'prediction', value: prediction(i) })),
    ...all(30, (i) => ({ $case: 'outcome', value: outcome(i) })),
    ...all(3, (i) => ({ $case: 'exposure', value: exposure(i) })),
  ];
  const segments = await append(records);
  const appended = await cat();
  for (const segment of segments) sealSegment(dir, segment);
  expect(await cat(), 'DuckDB, by assay evidence cat').toEqual(appended);

  const python = await lockedPython('parquet-readers', reference('requirements.lock.txt'));
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  for (const [kind, columns] of Object.entries(KIND_COLUMNS)) {
    const name = readdirSync(`${dir}/${kind}`, { recursive: true }).find((f) => `${f}`.endsWith('.parquet'));
    const file = join(dir, kind, String(name));
    const described = await connection.runAndReadAll(
      `DESCRIBE SELECT * FROM read_parquet('${file}', hive_partitioning = false)`,
    );
    const types = described.getRowObjects().map((r) => [r.column_name, r.column_type]);
    expect(Object.fromEntries(types)).toEqual(columns);
    expect(types.map(([column]) => column)).toEqual(Object.keys(columns));
    const expected = appended.filter((r) => r.kind === kind).map(asRead);
    const [arrow = '', polars = ''] = execFileSync(python, [reference('read.py'), file], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }).split('\n');
    expect(JSON.parse(arrow), `${kind} by pyarrow`).toEqual(expected);
    expect(JSON.parse(polars), `${kind} by polars`).toEqual(expected);
  }
});
