import { AssayError } from '@assay/domain/errors';
import { GATED_ALIASES } from '@assay/domain/gated-alias';
import type { AliasChange, RegistryLedger, StoredAliasRequest } from '@assay/domain/ports/registry-ledger';
import pg from 'pg';

interface ChangeRow {
  readonly seq: string;
  readonly name: string;
  readonly alias: string;
  readonly version: number | null;
  readonly at: string;
  readonly origin: 'assay' | 'direct';
  readonly by_subject: string;
  readonly by_role: string;
  readonly reason: string;
}

const toChange = (r: ChangeRow): AliasChange => ({
  sequence: Number(r.seq),
  model: r.name,
  alias: r.alias,
  version: r.version === null ? null : String(r.version),
  atMs: Number(r.at),
  origin: r.origin,
  by: r.by_subject,
  role: r.by_role,
  why: r.reason,
});

const MISSING_TABLE = ['42P01', '3F000'];
const FOREIGN_KEY = '23503';
const codeOf = (error: unknown): string | undefined => (error as { code?: string } | null)?.code;

/** Schema `registry` of the shared database, as the registry's own migrations made it (registry/store/migrations/010). */
export class PostgresRegistryLedger implements RegistryLedger, AsyncDisposable {
  readonly keepsHistory = true;
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 2, options: '-c search_path=registry' });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process
    this.#pool.on('error', () => undefined);
    // So does one that breaks between two statements of a transaction
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async waiting(): Promise<readonly StoredAliasRequest[]> {
    const found = await this.#rows<{
      id: string;
      name: string;
      version: number;
      alias: string;
      by_subject: string;
      by_role: string;
      at: string;
      endpoint: string;
      snapshot_dir: string;
    }>(`SELECT * FROM release_requests WHERE state = 'waiting' ORDER BY id LIMIT 100`);
    return found.map((r) => ({
      id: Number(r.id),
      model: r.name,
      version: String(r.version),
      alias: r.alias,
      by: r.by_subject,
      role: r.by_role,
      atMs: Number(r.at),
      endpoint: r.endpoint,
      snapshotDir: r.snapshot_dir,
    }));
  }

  async answer(id: number, state: 'opened' | 'refused', text: string): Promise<void> {
    await this.#pool.query(
      `UPDATE release_requests SET state = $2, answer = $3, answered = (extract(epoch FROM now()) * 1000)::bigint
       WHERE id = $1 AND state = 'waiting'`,
      [id, state, text],
    );
  }

  /** A trigger can be switched off, and TRUNCATE passes it by: one statement compares table and history. */
  async noteUnexplained(): Promise<void> {
    await this.#rows(
      `INSERT INTO alias_history (name, alias, version, at, origin, by_subject, by_role, reason)
       SELECT coalesce(a.name, h.name), coalesce(a.alias, h.alias), a.version,
         floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, 'direct', 'somebody with access to the database',
         'database', 'found: the table differs from its history'
       FROM aliases a FULL JOIN (SELECT DISTINCT ON (name, alias) name, alias, version FROM alias_history
         ORDER BY name, alias, seq DESC) h ON h.name = a.name AND h.alias = a.alias
       WHERE a.version IS DISTINCT FROM h.version`,
    );
  }

  async directChanges(after: number): Promise<readonly AliasChange[]> {
    const found = await this.#rows<ChangeRow>(
      `SELECT * FROM alias_history WHERE origin = 'direct' AND seq > $1 ORDER BY seq LIMIT 100`,
      [after],
    );
    return found.map(toChange);
  }

  async gatedAliases(): Promise<readonly { model: string; alias: string; version: string }[] | undefined> {
    const there = await this.#pool.query<{ there: boolean }>(
      `SELECT to_regclass('alias_history') IS NOT NULL AS there`,
    );
    if (there.rows[0]?.there !== true) return undefined;
    return this.#rows('SELECT name AS model, alias, version::text FROM aliases WHERE alias = ANY($1)', [
      [...GATED_ALIASES],
    ]);
  }

  async aliasesAt(model: string, atMs: number): Promise<readonly AliasChange[]> {
    const found = await this.#rows<ChangeRow>(
      'SELECT DISTINCT ON (alias) * FROM alias_history WHERE name = $1 AND at <= $2 ORDER BY alias, seq DESC',
      [model, atMs],
    );
    return found.map(toChange);
  }

  async changesOf(model: string, limit: number): Promise<readonly AliasChange[]> {
    const found = await this.#rows<ChangeRow>(
      'SELECT * FROM alias_history WHERE name = $1 ORDER BY seq DESC LIMIT $2',
      [model, limit],
    );
    return found.map(toChange);
  }

  async newest(
    model: string,
    alias: string,
  ): Promise<{ now: AliasChange | undefined; trusted: AliasChange | undefined }> {
    const found = await this.#rows<ChangeRow>(
      `SELECT DISTINCT ON (origin) * FROM alias_history WHERE name = $1 AND alias = $2 ORDER BY origin, seq DESC`,
      [model, alias],
    );
    const changes = found.map(toChange);
    return {
      now: changes.toSorted((a, b) => b.sequence - a.sequence)[0],
      trusted: changes.find((c) => c.origin === 'assay'),
    };
  }

  async putBack(seen: AliasChange, version: string | null, why: string): Promise<boolean> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      // Everybody who changes an alias writes its history, which waits for this lock
      await client.query('LOCK TABLE aliases IN SHARE ROW EXCLUSIVE MODE');
      const newest = await client.query<{ seq: string }>(
        'SELECT seq FROM alias_history WHERE name = $1 AND alias = $2 ORDER BY seq DESC LIMIT 1',
        [seen.model, seen.alias],
      );
      const isSeen = Number(newest.rows[0]?.seq) === seen.sequence;
      if (isSeen) await this.#write(client, seen, version, why);
      await client.query('COMMIT');
      return isSeen;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      if (codeOf(error) !== FOREIGN_KEY) throw error;
      throw new AssayError('NOT_FOUND', `Cannot find version ${version} of "${seen.model}" in the registry`, {
        cause: error,
      });
    } finally {
      client.release();
    }
  }

  async #write(
    client: pg.PoolClient,
    { model, alias }: AliasChange,
    version: string | null,
    why: string,
  ): Promise<void> {
    const actor = JSON.stringify({ subject: 'assay', role: 'service', reason: why });
    await client.query("SELECT set_config('assay.actor', $1, true)", [actor]);
    if (version === null)
      await client.query('DELETE FROM aliases WHERE name = $1 AND alias = $2', [model, alias]);
    else
      await client.query(
        `INSERT INTO aliases VALUES ($1, $2, $3)
         ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version`,
        [model, alias, version],
      );
    // The trigger says nothing where it is switched off, or where the value happens to be right already
    await client.query(
      `INSERT INTO alias_history (name, alias, version, at, origin, by_subject, by_role, reason)
       SELECT $1, $2, $3, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, 'assay', 'assay', 'service', $4
       WHERE (SELECT origin FROM alias_history WHERE name = $1 AND alias = $2 ORDER BY seq DESC LIMIT 1) = 'direct'`,
      [model, alias, version, why],
    );
  }

  async #rows<T>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    try {
      return (await this.#pool.query(text, [...values])).rows as T[];
    } catch (error) {
      if (MISSING_TABLE.includes(codeOf(error) ?? '')) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}
