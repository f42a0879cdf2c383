import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { requireFree, safePath } from './artifacts-names.ts';
import type { Context } from './context.ts';
import { type Db, one, type Row, rows } from './database.ts';
import { absent, conflict, invalid, RegistryFault } from './faults.ts';
import { type Input, int64, records, text } from './input.ts';

const MOST_PARTS = 10_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** MLflow's clients name the folder in the URL and their own local file in the body; its base name is the artifact's. */
const pathOf = (folder: string, input: Input): string => {
  const name = text(input, 'path').split(/[\\/]/).at(-1);
  if (!name) throw invalid("Invalid value for parameter 'path': it must end in a file name");
  return safePath(folder === '' ? name : `${folder}/${name}`);
};

const partNumber = (input: Input): number => Number(int64(input, 'part_number') ?? 0n);

const uploadOf = async (db: Db, id: string): Promise<Row> => {
  const row = UUID.test(id) ? await one(db, 'SELECT * FROM uploads WHERE id = $1', [id]) : undefined;
  if (row === undefined)
    throw absent(`There is no multipart upload ${JSON.stringify(id)}: it was aborted, or begun too long ago`);
  return row;
};

export interface BegunUpload {
  readonly id: string;
  /** Proves the right to send parts; the client is given it once and sends it with each part. */
  readonly token: string;
  readonly parts: number;
}

export const createUpload = async (
  { pool, caller, nowMs }: Context,
  folder: string,
  input: Input,
): Promise<BegunUpload> => {
  const path = pathOf(folder, input);
  const parts = Number(int64(input, 'num_parts') ?? 1n);
  if (parts < 1 || parts > MOST_PARTS)
    throw invalid(`Invalid value for parameter 'num_parts': 1 to ${MOST_PARTS} is required`);
  await requireFree(pool, path, undefined);
  const [id, token] = [randomUUID(), randomBytes(24).toString('base64url')];
  await pool.query(
    'INSERT INTO uploads (id, path, token_digest, parts, subject, created, touched) VALUES ($1, $2, $3, $4, $5, $6, $6)',
    [id, path, digestOf(token), parts, caller.subject, nowMs],
  );
  return { id, token, parts };
};

/** A part may be sent again, in any order, also after a restart of the registry; the last one sent holds. */
export const putPart = async (
  { pool, artifacts }: Pick<Context, 'pool' | 'artifacts'>,
  { id, part, token }: { id: string; part: number; token: string },
  body: AsyncIterable<Uint8Array>,
  now: () => number,
): Promise<string> => {
  const upload = await uploadOf(pool, id);
  if (!timingSafeEqual(Buffer.from(digestOf(token)), Buffer.from(String(upload.token_digest))))
    throw new RegistryFault(
      'PERMISSION_DENIED',
      'Cannot take the part: send the headers that mpu/create answered',
    );
  if (!Number.isInteger(part) || part < 1 || part > Number(upload.parts))
    throw invalid(`Invalid part ${part}: the upload has parts 1 to ${Number(upload.parts)}`);
  if (upload.digest !== null) throw conflict('Cannot take the part: the upload is complete');
  const touch = () => pool.query('UPDATE uploads SET touched = $2 WHERE id = $1', [id, now()]);
  await touch();
  const { etag, size } = await artifacts.staging.receivePart(id, part, body);
  await pool.query(
    `INSERT INTO upload_parts (upload_id, part, etag, size) VALUES ($1, $2, $3, $4)
     ON CONFLICT (upload_id, part) DO UPDATE SET etag = excluded.etag, size = excluded.size`,
    [id, part, etag, size],
  );
  await touch();
  return etag;
};

interface Part {
  readonly part: number;
  readonly etag: string;
  readonly size: number;
}

const partsOf = async (db: Db, id: string): Promise<Part[]> =>
  (await rows(db, 'SELECT part, etag, size FROM upload_parts WHERE upload_id = $1 ORDER BY part', [id])).map(
    (r) => ({ part: Number(r.part), etag: String(r.etag), size: Number(r.size) }),
  );

/** The parts as sent must be the parts as received: each number once, with its entity tag. */
const requireSame = (received: readonly Part[], input: Input, count: number): void => {
  const sent = new Map(
    records(input, 'parts').map((p) => [partNumber(p), String(p.etag ?? '').replaceAll('"', '')]),
  );
  for (let part = 1; part <= count; part += 1) {
    const found = received.find((r) => r.part === part);
    if (found === undefined)
      throw invalid(`Cannot complete the upload: part ${part} of ${count} was not received`);
    if (sent.get(part) !== found.etag)
      throw invalid(`Cannot complete the upload: part ${part} does not have the entity tag that was sent`);
  }
  if (sent.size !== count)
    throw invalid(`Cannot complete the upload: it has ${count} parts, not ${sent.size}`);
};

const finish = async (context: Context, folder: string, input: Input): Promise<void> => {
  const { pool, artifacts, nowMs } = context;
  const id = text(input, 'upload_id');
  const path = pathOf(folder, input);
  const upload = await uploadOf(pool, id);
  if (upload.path !== path)
    throw invalid(`Cannot complete the upload: it was begun for ${JSON.stringify(upload.path)}`);
  if (upload.digest !== null) return;
  const parts = await partsOf(pool, id);
  requireSame(parts, input, Number(upload.parts));
  await pool.query('UPDATE uploads SET touched = $2 WHERE id = $1', [id, nowMs]);
  const damaged = (part: number) =>
    new RegistryFault(
      'DATA_LOSS',
      `Cannot complete the upload: part ${part} was damaged here; send it again`,
    );
  await artifacts.staging.receive(artifacts.staging.parts(id, parts, damaged), async (staged) => {
    await artifacts.name(path, staged, nowMs);
    await pool.query('UPDATE uploads SET digest = $2 WHERE id = $1', [id, staged.digest]);
  });
  await artifacts.staging.discard(id);
};

/** Clients ask again when the answer takes long: the second call waits for the first instead of doing it twice. */
const finishing = new Map<string, Promise<void>>();

export const completeUpload = async (context: Context, folder: string, input: Input): Promise<object> => {
  const id = text(input, 'upload_id');
  const running = finishing.get(id) ?? finish(context, folder, input);
  finishing.set(id, running);
  try {
    await running;
  } finally {
    finishing.delete(id);
  }
  return {};
};

/** Twice is fine, and so is after completion: a client whose answer got lost aborts, and the artifact stays. */
export const abortUpload = async (
  { pool, artifacts }: Context,
  _folder: string,
  input: Input,
): Promise<object> => {
  const id = text(input, 'upload_id');
  if (!UUID.test(id)) return {};
  const gone = await one(pool, 'DELETE FROM uploads WHERE id = $1 AND digest IS NULL RETURNING id', [id]);
  if (gone !== undefined) await artifacts.staging.discard(id);
  return {};
};

/** What has arrived: whoever resumes sends the rest. */
export const describeUpload = async ({ pool }: Context, input: Input) => {
  const id = text(input, 'id');
  const upload = await uploadOf(pool, id);
  return {
    uploadId: id,
    path: upload.path,
    parts: Number(upload.parts),
    complete: upload.digest !== null,
    received: (await partsOf(pool, id)).map(({ part, etag, size }) => ({ part, etag, sizeBytes: size })),
  };
};
