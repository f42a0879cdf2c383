import type { Context } from './context.ts';
import { type Db, one, rows } from './database.ts';
import { absent, invalid } from './faults.ts';
import { type Input, text, texts } from './input.ts';

export const KINDS = ['experiment', 'logged-model', 'run', 'registered-model', 'model-version'] as const;
export type Kind = (typeof KINDS)[number];

const kindOf = (input: Input): Kind => {
  const kind = KINDS.find((k) => k === input.kind);
  if (kind === undefined)
    throw invalid(`Invalid kind ${JSON.stringify(input.kind)}: one of ${KINDS.join(', ')}`);
  return kind;
};

/** Which of these source entities are here already, and with which content they were finished. */
export const knownImports = async ({ pool }: Context, input: Input) => ({
  known: await rows(
    pool,
    'SELECT source_id, target_id, fingerprint FROM imported WHERE kind = $1 AND source_id = ANY($2)',
    [kindOf(input), texts(input, 'ids')],
  ),
});

export interface Imported {
  readonly target: string;
  /** False: it was here before the first import. */
  readonly made: boolean;
}

/** The row that a source entity became in an earlier, perhaps interrupted import. */
export const importedAs = async (db: Db, kind: Kind, sourceId: string): Promise<Imported | undefined> => {
  const row = await one(db, 'SELECT target_id, made FROM imported WHERE kind = $1 AND source_id = $2', [
    kind,
    sourceId,
  ]);
  return row && { target: String(row.target_id), made: row.made === true };
};

/** Begun, not finished: until `finishImport` the next import does it again. */
export const beginImport = async (
  db: Db,
  { caller, nowMs }: Context,
  kind: Kind,
  row: { readonly source: string; readonly target: string; readonly made: boolean },
): Promise<void> => {
  await db.query(
    `INSERT INTO imported (kind, source_id, target_id, made, imported_by, begun) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (kind, source_id) DO UPDATE SET fingerprint = NULL, finished = NULL`,
    [kind, row.source, row.target, row.made, caller.subject, nowMs],
  );
};

export const finishImport = async ({ pool, nowMs }: Context, input: Input) => {
  const [kind, sourceId] = [kindOf(input), text(input, 'source_id')];
  const done = await one(
    pool,
    'UPDATE imported SET fingerprint = $3, finished = $4 WHERE kind = $1 AND source_id = $2 RETURNING target_id',
    [kind, sourceId, text(input, 'fingerprint', 64), nowMs],
  );
  if (done === undefined) throw absent(`No import of ${kind} ${JSON.stringify(sourceId)} was begun`);
  return {};
};
