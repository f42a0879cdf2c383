import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { one, rows } from './database.ts';
import { absent, invalid } from './faults.ts';

export interface Artifact {
  readonly path: string;
  readonly digest: string;
  readonly size: string;
}

/** Refuses what climbs out, in any depth of percent encoding. */
export const safePath = (path: string): string => {
  let decoded = path;
  for (let depth = 0; ; depth += 1) {
    const unsafe =
      decoded.startsWith('/') ||
      /[\\#\0]|^[a-z]:|^file:/i.test(decoded) ||
      decoded.split('/').some((s) => s === '..' || s === '.');
    if (unsafe || depth > 16)
      throw invalid(`Invalid path ${JSON.stringify(path)}: it must stay inside its folder`);
    let deeper = decoded;
    try {
      deeper = decodeURIComponent(decoded);
    } catch {
      // A bare percent sign decodes no further
    }
    if (deeper === decoded) return path.replace(/\/+$/, '');
    decoded = deeper;
  }
};

export const blobPathOf = (digest: string): string => join('blobs', 'sha256', digest.slice(0, 2), digest);

const below = (folder: string): [string, string] => [`${folder}/`, `${folder}0`]; // '0' is the byte after '/'

/** Names in PostgreSQL, bytes on disk under their SHA-256: the same bytes are kept once. */
export class ArtifactStore {
  readonly #root: string;
  readonly #pool: pg.Pool;

  constructor(root: string, pool: pg.Pool) {
    this.#root = root;
    this.#pool = pool;
  }

  async put(given: string, body: Readable, nowMs: number): Promise<Artifact> {
    const path = safePath(given);
    if (path === '') throw invalid('Cannot store an artifact without a name');
    const { digest, size } = await this.#storeBlob(body);
    await this.#pool.query(
      `INSERT INTO artifacts (path, digest, size, written) VALUES ($1, $2, $3, $4)
       ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, size = excluded.size, written = excluded.written`,
      [path, digest, size, nowMs],
    );
    return { path, digest, size: String(size) };
  }

  /** The bytes are on disk (fsync) before the name is; an upload that breaks off leaves neither. */
  async #storeBlob(body: Readable): Promise<{ digest: string; size: number }> {
    const incoming = join(this.#root, 'incoming', randomUUID());
    await mkdir(dirname(incoming), { recursive: true });
    const hash = createHash('sha256');
    let size = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(body, count, createWriteStream(incoming, { flush: true }));
      const digest = hash.digest('hex');
      const final = join(this.#root, blobPathOf(digest));
      await mkdir(dirname(final), { recursive: true });
      await link(incoming, final).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      const folder = await open(dirname(final));
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
      return { digest, size };
    } finally {
      await rm(incoming, { force: true });
    }
  }

  async find(given: string): Promise<Artifact> {
    const path = safePath(given);
    const row = await one(this.#pool, 'SELECT path, digest, size FROM artifacts WHERE path = $1', [path]);
    if (row !== undefined) return row as unknown as Artifact;
    const [from, to] = below(path);
    const inside = await one(this.#pool, 'SELECT 1 FROM artifacts WHERE path >= $1 AND path < $2 LIMIT 1', [
      from,
      to,
    ]);
    if (inside !== undefined) throw invalid(`Cannot download ${JSON.stringify(path)}: it is a folder`);
    throw absent(`There is no artifact ${JSON.stringify(path)}`);
  }

  read(digest: string, range: { start?: number; end?: number } = {}): Readable {
    return createReadStream(join(this.#root, blobPathOf(digest)), range);
  }

  async hasBlob(digest: string): Promise<boolean> {
    return access(join(this.#root, blobPathOf(digest))).then(
      () => true,
      () => false,
    );
  }

  /** Everything under a folder, whole paths. */
  async tree(folder: string): Promise<Artifact[]> {
    const sql = 'SELECT path, digest, size FROM artifacts WHERE path >= $1 AND path < $2 ORDER BY path';
    return (await rows(this.#pool, sql, below(safePath(folder)))) as unknown as Artifact[];
  }

  /** Direct children by name; a folder has no size. */
  async children(folder: string): Promise<{ name: string; size: string | null }[]> {
    const safe = safePath(folder);
    const found =
      safe === ''
        ? ((await rows(
            this.#pool,
            'SELECT path, size FROM artifacts ORDER BY path',
          )) as unknown as Artifact[])
        : await this.tree(safe);
    const children = new Map<string, string | null>();
    for (const { path, size } of found) {
      const [first = '', ...deeper] = (safe === '' ? path : path.slice(safe.length + 1)).split('/');
      children.set(first, deeper.length === 0 ? size : null);
    }
    return [...children].map(([name, size]) => ({ name, size }));
  }

  /** Removes names; blobs stay, because an upload under way may be about to name the same bytes. */
  async remove(given: string): Promise<void> {
    const path = safePath(given);
    if (path === '') throw invalid('Cannot delete the root of all artifacts');
    const sql = 'DELETE FROM artifacts WHERE path = $1 OR (path >= $2 AND path < $3)';
    await this.#pool.query(sql, [path, ...below(path)]);
  }
}
