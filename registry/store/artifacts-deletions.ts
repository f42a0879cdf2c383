import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { BlobLedger, Reclaimed } from './artifacts-ledger.ts';
import { PURGES, type PurgeKind, removeNames } from './artifacts-purge.ts';
import { whileUnsealing } from './artifacts-seal.ts';
import type { Context } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { absent, invalid, RegistryFault } from './faults.ts';
import { type Input, pageSize, text } from './input.ts';

interface Named {
  readonly path: string;
  readonly digest: string;
  readonly size: string;
}

/** What a finished deletion says. Bytes are those of the blobs, each counted once. */
export interface Receipt {
  readonly files: readonly { readonly path: string; readonly digest: string }[];
  readonly removed: readonly { readonly digest: string; readonly bytes: number }[];
  readonly kept: readonly { readonly digest: string; readonly bytes: number; readonly why: Reclaimed }[];
  readonly bytesRemoved: number;
  readonly external: readonly string[];
}

const render = (row: Row) => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  requestedBy: row.subject,
  requestedAtMs: Number(row.requested),
  state: row.finished === null ? 'pending' : 'done',
  ...(row.finished !== null && { finishedAtMs: Number(row.finished), receipt: row.receipt }),
});
export type Deletion = ReturnType<typeof render>;

export const insertDeletion = async (
  db: Db,
  { kind, target, subject, nowMs }: { kind: string; target: string; subject: string; nowMs: number },
  work: object,
  receipt?: object,
): Promise<Deletion> => {
  const row = await one(
    db,
    'INSERT INTO deletions (id, kind, target, subject, requested, finished, files, receipt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *',
    [
      randomUUID(),
      kind,
      target,
      subject,
      nowMs,
      receipt === undefined ? null : nowMs,
      JSON.stringify(work),
      receipt === undefined ? null : JSON.stringify(receipt),
    ],
  );
  return render(row ?? {});
};

/** Takes the names and rows away at once; the bytes go by the job, which `runDeletion` does. */
export const requestDeletion = async ({ pool, caller, nowMs }: Context, input: Input): Promise<Deletion> => {
  const kind = text(input, 'kind');
  if (!Object.hasOwn(PURGES, kind))
    throw invalid(`Invalid kind ${JSON.stringify(kind)}: one of ${Object.keys(PURGES).join(', ')}`);
  if (caller.role === 'product-owner')
    throw new RegistryFault(
      'PERMISSION_DENIED',
      'Cannot delete for ever: role "product-owner" may not. Ask a data scientist or an admin',
    );
  return transaction(pool, async (db) => {
    await whileUnsealing(db);
    const purge = await PURGES[kind as PurgeKind](db, input);
    const files = await removeNames(db, purge);
    await purge.removeRows?.(db);
    const request = { kind, target: purge.target, subject: caller.subject, nowMs };
    return insertDeletion(db, request, { files, external: purge.external });
  });
};

/** Deletes the blobs that nothing needs any more and writes the receipt. Running it twice, or after a crash, is harmless. */
export const runDeletion = async (
  pool: pg.Pool,
  ledger: BlobLedger,
  id: string,
  nowMs: number,
): Promise<Deletion | undefined> => {
  const pending = await one(pool, 'SELECT files FROM deletions WHERE id = $1 AND finished IS NULL', [id]);
  if (pending === undefined) return undefined;
  const { files, external } = pending.files as { files: Named[]; external: string[] };
  const outcomes = [];
  for (const [digest, size] of new Map(files.map((f) => [f.digest, f.size])))
    outcomes.push({ digest, bytes: Number(size), why: await ledger.reclaim(digest) });
  const removed = outcomes.filter((o) => o.why === 'removed').map(({ digest, bytes }) => ({ digest, bytes }));
  const receipt: Receipt = {
    files: files.map(({ path, digest }) => ({ path, digest })),
    removed,
    kept: outcomes.filter((o) => o.why !== 'removed'),
    bytesRemoved: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    external,
  };
  const done = await one(
    pool,
    'UPDATE deletions SET finished = $2, receipt = $3 WHERE id = $1 AND finished IS NULL RETURNING *',
    [id, nowMs, JSON.stringify(receipt)],
  );
  return done && render(done);
};

export const pendingDeletions = async (pool: pg.Pool): Promise<string[]> =>
  (await rows(pool, 'SELECT id FROM deletions WHERE finished IS NULL ORDER BY seq')).map((r) => String(r.id));

export const getDeletion = async ({ pool }: Context, input: Input): Promise<Deletion> => {
  const id = text(input, 'id');
  const row = /^[0-9a-f-]{36}$/.test(id)
    ? await one(pool, 'SELECT * FROM deletions WHERE id = $1', [id])
    : undefined;
  if (row === undefined) throw absent(`There is no deletion ${JSON.stringify(id)}`);
  return render(row);
};

/** Newest first. */
export const listDeletions = async ({ pool }: Context, input: Input) => {
  const found = await rows(pool, 'SELECT * FROM deletions ORDER BY seq DESC LIMIT $1', [
    pageSize(input, 100, 1000),
  ]);
  return { deletions: found.map(render) };
};
