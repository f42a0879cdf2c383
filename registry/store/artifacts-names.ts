import { type Db, one, type Row, rows } from './database.ts';
import { conflict, invalid } from './faults.ts';

/** The place of a version's files as a path of the proxy, as the index `model_versions_folder` has it. */
const PLACE = `(regexp_replace(regexp_replace(location, '^mlflow-artifacts:/+|/+$', '', 'g'), '/+', '/', 'g') COLLATE "C")`;
const MAX_PATH_BYTES = 1024;
const MAX_NAME_BYTES = 255;

const climbsOut = (decoded: string): boolean =>
  decoded.startsWith('/') ||
  /[\\#\0]|^[a-z]:|^file:/i.test(decoded) ||
  decoded.split('/').some((s) => s === '..' || s === '.');

/** Refuses what climbs out, in any depth of percent encoding, and what no file system or object store can hold. */
export const safePath = (path: string): string => {
  let decoded = path;
  for (let depth = 0; ; depth += 1) {
    if (climbsOut(decoded) || depth > 16)
      throw invalid(`Invalid path ${JSON.stringify(path)}: it must stay inside its folder`);
    let deeper = decoded;
    try {
      deeper = decodeURIComponent(decoded);
    } catch {
      // A bare percent sign decodes no further
    }
    if (deeper === decoded) break;
    decoded = deeper;
  }
  const names = path.split('/').filter((name) => name !== '');
  const whole = names.join('/');
  if (Buffer.byteLength(whole) > MAX_PATH_BYTES || names.some((n) => Buffer.byteLength(n) > MAX_NAME_BYTES))
    throw invalid(
      `Invalid path ${JSON.stringify(`${whole.slice(0, 60)}…`)}: at most ${MAX_PATH_BYTES} bytes in all and ${MAX_NAME_BYTES} a name`,
    );
  return whole;
};

/** Everything below a folder lies between these two; '0' is the byte after '/'. */
export const below = (folder: string): [string, string] =>
  folder === '' ? ['', '\u{10ffff}'] : [`${folder}/`, `${folder}0`];

/** The folders that a file lies in, the outermost first. */
export const foldersOf = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, i, all) => all.slice(0, i + 1).join('/'));

/** Live versions whose files lie at a path, above it or below it. */
export const versionsAt = async (db: Db, path: string): Promise<string[]> => {
  const sql = `SELECT name, version FROM model_versions WHERE NOT deleted AND (${PLACE} = ANY($1) OR (${PLACE} >= $2 AND ${PLACE} < $3)) ORDER BY name, version LIMIT 5`;
  const found = await rows(db, sql, [[...foldersOf(path), path], ...below(path)]);
  return found.map((r) => `${String(r.name)}/${String(r.version)}`);
};

/**
 * Throws unless a file with this digest may take this name: no folder there, no file above, and no registered version whose
 * files it would add to or change. Without a digest a name that is there passes: the bytes may turn out to be the same.
 */
export const requireFree = async (db: Db, path: string, digest: string | undefined): Promise<void> => {
  const [from, to] = below(path);
  const found: Row | undefined = await one(
    db,
    `SELECT (SELECT path FROM artifacts WHERE path = ANY($2) LIMIT 1) AS above, EXISTS (SELECT FROM artifacts WHERE path >= $3 AND path < $4) AS folder,
       (SELECT digest FROM artifacts WHERE path = $1) AS digest`,
    [path, foldersOf(path), from, to],
  );
  if (found?.folder === true) throw invalid(`Cannot store ${JSON.stringify(path)}: it is a folder`);
  if (typeof found?.above === 'string')
    throw invalid(`Cannot store ${JSON.stringify(path)}: ${JSON.stringify(found.above)} is a file`);
  const isNew = typeof found?.digest !== 'string';
  if (!isNew && (digest === undefined || found?.digest === digest)) return;
  const versions = await versionsAt(db, path);
  if (versions.length > 0)
    throw conflict(
      `Cannot ${isNew ? 'add' : 'overwrite'} ${JSON.stringify(path)}: model version ${versions.join(', ')} is registered with the files that are there, and they stay as they are. Log a new run or model and register that as a new version`,
    );
};

/** Direct children of a folder: the index is entered once a child, however many files lie below. */
export const childrenOf = async (
  db: Db,
  folder: string,
): Promise<{ name: string; size: string | null }[]> => {
  const [from, to] = below(folder);
  const at = [...from].length + 1; // PostgreSQL counts code points
  const found = await rows(
    db,
    `WITH RECURSIVE child AS (
       (SELECT path, size FROM artifacts WHERE path >= $1 AND path < $2 ORDER BY path LIMIT 1)
       UNION ALL
       SELECT next.path, next.size FROM child, LATERAL (
         SELECT a.path, a.size FROM artifacts a WHERE a.path < $2 AND a.path >= CASE position('/' IN substr(child.path, ${at}))
           WHEN 0 THEN child.path || chr(1) ELSE left(child.path, ${at - 2} + position('/' IN substr(child.path, ${at}))) || '0' END
         ORDER BY a.path LIMIT 1) next)
     SELECT path, size FROM child`,
    [from, to],
  );
  const children = found.map((row) => {
    const [name = '', ...deeper] = String(row.path).slice(from.length).split('/');
    return { name, size: deeper.length === 0 ? String(row.size) : null };
  });
  return children.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
};
