import type { Database } from './database.ts';
import { EndpointTable } from './endpoint-table.ts';

/** An endpoint's tables, brought up to date. */
export interface Tables {
  readonly predictions: string;
  readonly outcomes: string;
  readonly predictionFiles: readonly string[];
}

interface Pair {
  readonly predictions: EndpointTable;
  readonly outcomes: EndpointTable;
}

/** Tables of the endpoints that were asked for. */
export class EvidenceTables {
  readonly #database: Database;
  readonly #evidenceDir: string;
  readonly #recheckMs: number;
  readonly #pairs = new Map<string, Pair>();

  constructor(database: Database, evidenceDir: string, recheckMs: number) {
    this.#database = database;
    this.#evidenceDir = evidenceDir;
    this.#recheckMs = recheckMs;
  }

  /** `sinceMs`: partitions of earlier days are not read. Throws EVIDENCE_UNREADABLE. */
  async of(endpoint: string, sinceMs: number): Promise<Tables> {
    const fromDate = new Date(sinceMs).toISOString().slice(0, 10);
    const { predictions, outcomes } = this.#pairs.get(endpoint) ?? this.#add(endpoint);
    // Outcomes first: the decision of an outcome seen here may just be sealed, and is then seen too
    await outcomes.refresh(fromDate);
    await predictions.refresh(fromDate);
    return {
      predictions: predictions.table,
      outcomes: outcomes.table,
      predictionFiles: predictions.files,
    };
  }

  #add(endpoint: string): Pair {
    const place = { evidenceDir: this.#evidenceDir, endpoint, recheckMs: this.#recheckMs };
    const make = (kind: 'predictions' | 'outcomes'): EndpointTable =>
      new EndpointTable(this.#database, place, kind, this.#pairs.size);
    const pair = { predictions: make('predictions'), outcomes: make('outcomes') };
    this.#pairs.set(endpoint, pair);
    return pair;
  }
}
