import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import { sealSegment } from '@assay/model-servers/evidence/seal';
import { Seen } from '@assay/model-servers/evidence/seen';
import { listSegments, segmentFile, tornFile } from '@assay/model-servers/evidence/segments';
import { Wal, type WalOptions } from '@assay/model-servers/evidence/wal';
import { Recorder } from '@assay/model-servers/server/handlers/client-stream';
import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'assay-sealing-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const outcome = (id: string, endpoint = 'bid'): Uint8Array =>
  EvidenceRecord.encode({
    record: {
      $case: 'outcome',
      value: {
        outcomeId: id,
        endpoint,
        decisionId: 'd',
        unitKey: '',
        occurredAtMs: 1n,
        receivedAtMs: 1_700_000_000_000n,
        metrics: { profit_cents: 1 },
        labels: {},
        period: undefined,
      },
    },
  }).finish();

const newWal = (more: Partial<WalOptions> = {}): Wal =>
  new Wal({ evidenceDir: dir, server: 's', sealAfterMs: 60_000, onClosed: () => undefined, ...more });

const written = (
  wal: Wal,
  payload: Uint8Array,
  mode: 'before-reply' | 'fsync' = 'before-reply',
): Promise<void> =>
  new Promise((resolve, reject) => wal.append(payload, mode, (error) => (error ? reject(error) : resolve())));

/** A closed segment with an outcome of each id for each endpoint. */
async function segmentOf(ids: readonly string[], endpoints = ['bid']): Promise<string> {
  const wal = newWal();
  await Promise.all(ids.flatMap((id) => endpoints.map((e) => written(wal, outcome(id, e)))));
  await wal.close();
  const [segment] = await listSegments(dir);
  if (segment === undefined) throw new Error('no segment was written');
  return segment;
}

const seal = async (segment: string) => sealSegment(dir, segment);

async function ids(): Promise<string[]> {
  const found: string[] = [];
  for await (const row of catEvidence(dir, () => undefined)) found.push(`${row.endpoint}/${row.outcome_id}`);
  return found.sort();
}

describe('a crash while a segment is sealed', () => {
  const both = ['ad/a', 'ad/b', 'bid/a', 'bid/b'];

  test('after all files were there, before the segment was deleted: each row once', async () => {
    const segment = await segmentOf(['a', 'b'], ['bid', 'ad']);
    const wal = segmentFile(dir, segment);
    copyFileSync(wal, `${wal}.kept`);
    await seal(segment);
    renameSync(`${wal}.kept`, wal);
    expect(await ids()).toEqual(both);
    expect(await seal(segment)).toMatchObject({ rows: 4, files: 2, cutBytes: 0 });
    expect(existsSync(wal)).toBe(false);
    expect(await ids()).toEqual(both);
  });

  test('half way: one file without its manifest, a draft left behind', async () => {
    const segment = await segmentOf(['a', 'b'], ['bid', 'ad']);
    const wal = segmentFile(dir, segment);
    copyFileSync(wal, `${wal}.kept`);
    await seal(segment);
    renameSync(`${wal}.kept`, wal);
    const folder = join(dir, 'outcomes/endpoint=ad/date=2023-11-14');
    rmSync(join(folder, `${segment}.json`));
    writeFileSync(join(folder, `.${segment}.parquet.tmp`), 'half a file');
    await seal(segment);
    expect(await ids()).toEqual(both);
    expect(readdirSync(folder).sort()).toEqual([`${segment}.json`, `${segment}.parquet`]);
  });
});

test('a name that another segment had already (a clock set back): the rows stay in their segment', async () => {
  const segment = await segmentOf(['a']);
  await seal(segment);
  const other = await segmentOf(['b', 'c']);
  renameSync(segmentFile(dir, other), segmentFile(dir, segment));
  await expect(seal(segment)).rejects.toThrow('is of another segment: rows 1, not 2');
  expect(existsSync(segmentFile(dir, segment))).toBe(true);
});

test('a damaged record: what stands before it is sealed, and the whole segment is kept aside', async () => {
  const segment = await segmentOf(['a', 'b', 'c']);
  const bytes = readFileSync(segmentFile(dir, segment));
  const at = bytes.indexOf('b', bytes.indexOf('a') + 8);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(segmentFile(dir, segment), bytes);
  const { rows, cutBytes } = await seal(segment);
  expect(rows).toBeLessThan(3);
  expect(cutBytes).toBeGreaterThan(0);
  expect(readFileSync(tornFile(dir, segment)).equals(bytes)).toBe(true);
});

test('fsync without a pause: segments still end, each is sealed, and nothing that was promised is missing', async () => {
  const closed: string[] = [];
  const wal = newWal({ maxBytes: 2_000, onClosed: (segment) => closed.push(segment) });
  const told: string[] = [];
  // Eight writers, each asking again as soon as it is answered: a sync is always under way
  await Promise.all(
    Array.from({ length: 8 }, async (_, w) => {
      for (let i = 0; i < 40; i++) {
        await written(wal, outcome(`${w}-${i}`), 'fsync');
        told.push(`bid/${w}-${i}`);
      }
    }),
  );
  expect(closed.length).toBeGreaterThan(3);
  await wal.close();
  for (const segment of closed) await seal(segment);
  expect(await listSegments(dir)).toEqual([]);
  expect(await ids()).toEqual(told.sort());
});

test('a repeat is receipted when its first copy is written, not before', async () => {
  const wal = newWal();
  const seen = new Seen(10);
  const recording = {
    seen,
    id: (id: string) => id,
    endpoint: () => 'bid',
    encode: (id: string) => ({ payload: outcome(id), mode: 'before-reply' as const }),
  };
  const recorder = (): Recorder<string> => new Recorder({ wal } as never, recording);
  const folder = join(dir, 'wal');
  renameSync(folder, `${folder}-away`);
  const [first, repeat] = [recorder(), recorder()];
  first.take('a');
  repeat.take('a');
  for (const each of [first, repeat])
    await expect(each.receipt()).rejects.toMatchObject({ code: 'EVIDENCE_UNWRITABLE' });
  renameSync(`${folder}-away`, folder);
  const again = recorder();
  again.take('a');
  expect(await again.receipt()).toMatchObject({ accepted: 1n, duplicates: 0n });
  await wal.close();
  expect(await ids()).toEqual(['bid/a']);
});
