import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type {
  ArmsAnswer,
  ArmsQuery,
  EvidenceSource,
  FeatureWindow,
  PanelAnswer,
  ShadowAnswer,
} from '@assay/domain/ports/evidence-source';
import { readArms } from './arms-query.ts';
import { Database } from './database.ts';
import { EvidenceTables, type Tables } from './evidence-tables.ts';
import { type ExportQuery, writeLabelled } from './export-labelled.ts';
import { type FeaturesQuery, readFeatures } from './features-query.ts';
import { type PanelQuery, readPanel } from './panel-query.ts';
import { unreadable } from './sealed-files.ts';
import { readShadow, type ShadowQuery } from './shadow-query.ts';

export interface DuckdbEvidenceOptions {
  /** Folder that holds `predictions/` and `outcomes/`. */
  readonly evidenceDir: string;
  readonly threads?: number;
  readonly memoryLimit?: string;
  /** Files that were read are looked at again this often: erasure rewrites them. */
  readonly recheckMs?: number;
}

/** Reads sealed evidence; a look costs what was sealed since the last one. Throws EVIDENCE_UNREADABLE, never half an answer. */
export class DuckdbEvidenceSource implements EvidenceSource, AsyncDisposable {
  readonly #evidenceDir: string;
  readonly #database: Database;
  readonly #tables: EvidenceTables;
  readonly #spillDir: string;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(evidenceDir: string, database: Database, spillDir: string, recheckMs: number) {
    this.#evidenceDir = evidenceDir;
    this.#database = database;
    this.#tables = new EvidenceTables(database, evidenceDir, recheckMs);
    this.#spillDir = spillDir;
  }

  static async open({
    evidenceDir,
    threads = 1,
    memoryLimit = '384MB',
    recheckMs = 30_000,
  }: DuckdbEvidenceOptions): Promise<DuckdbEvidenceSource> {
    const spillDir = await mkdtemp(join(tmpdir(), 'assay-duckdb-'));
    const database = await Database.open({ threads, memoryLimit, spillDir });
    return new DuckdbEvidenceSource(evidenceDir, database, spillDir, recheckMs);
  }

  arms(query: ArmsQuery): Promise<ArmsAnswer> {
    return this.#look(query.endpoint, query.sinceMs, (t) => readArms(this.#database, t, query));
  }

  shadow(query: ShadowQuery): Promise<ShadowAnswer> {
    return this.#look(query.endpoint, query.sinceMs, (t) => readShadow(this.#database, t, query));
  }

  /** Periods are business days, not wall-clock: all partitions count. */
  panel(query: PanelQuery): Promise<PanelAnswer> {
    return this.#look(query.endpoint, 0, (t) => readPanel(this.#database, t, query));
  }

  features(query: FeaturesQuery): Promise<FeatureWindow> {
    return this.#look(query.endpoint, query.sinceMs, (t) => readFeatures(this.#database, t, query));
  }

  exportLabelled(query: ExportQuery): Promise<number> {
    return this.#look(query.endpoint, query.sinceMs, (t) => writeLabelled(this.#database, t, query));
  }

  /** One look at a time: the connection and the tables are shared. */
  #look<T>(endpoint: string, sinceMs: number, read: (tables: Tables) => Promise<T>): Promise<T> {
    const answer = this.#last.then(async () => {
      try {
        return await read(await this.#tables.of(endpoint, sinceMs));
      } catch (cause) {
        if (cause instanceof AssayError) throw cause;
        throw unreadable(join(this.#evidenceDir, `*/endpoint=${endpoint}`), (cause as Error).message, cause);
      }
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#database[Symbol.asyncDispose]();
    await rm(this.#spillDir, { recursive: true, force: true });
  }
}
