import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { type ArmMoments, add, NO_MOMENTS, subtract } from '@assay/domain/exact-moments';
import { checkMetricSet, type MetricSet } from '@assay/domain/metric-set';
import { Database, literal, numberOf, textOf } from '../database.ts';
import { unreadable, verify } from '../sealed-files.ts';
import {
  exposuresIn,
  isOverflow,
  outcomesIn,
  type Relations,
  readMoments,
  type Width,
} from './moments-sql.ts';
import { KINDS, listSegments, type Segment, type SegmentKind } from './segments.ts';
import { UnitState } from './unit-state.ts';

export interface MetricLookOptions {
  /** Holds `exposures/part=…` and `outcomes/part=…`; a unit's rows are in one partition. */
  readonly dataDir: string;
  /** Holds what is kept between looks; may be removed at any time, the next look then reads everything. */
  readonly stateDir: string;
  readonly set: MetricSet;
  readonly threads?: number;
  readonly memoryLimit?: string;
}

export interface Look {
  readonly moments: ArmMoments;
  /** Were all segments read, or the new ones alone? The moments are the same. */
  readonly read: 'all' | 'new';
  readonly segments: number;
}

/** Where new rows are more than this share of all, reading all again is cheaper than finding what they touch. */
const NEW_SHARE = 0.2;

const isOf = (kind: SegmentKind) => (s: Segment) => s.kind === kind;
const rowsIn = (segments: readonly Segment[]): number => segments.reduce((sum, s) => sum + s.rows, 0);

/**
 * Sums of a metric set over sealed exposures and outcomes, kept by unit between looks: a later look reads the new segments
 * and what they touch, takes the touched units' old values out of the sums and puts their new ones in. All sums are exact,
 * so that it equals a look at everything. A look is one transaction: ended at any point it has not been.
 * Throws EXPERIMENT_INVALID, EVIDENCE_UNREADABLE.
 */
export async function metricLook(options: MetricLookOptions): Promise<Look> {
  checkMetricSet(options.set);
  const spillDir = await mkdtemp(join(tmpdir(), 'assay-look-'));
  try {
    await using database = await Database.open({
      threads: options.threads ?? 2,
      memoryLimit: options.memoryLimit ?? '384MB',
      spillDir,
    });
    // Sums do not depend on the order of rows, and holding it costs memory
    await database.run('SET preserve_insertion_order = false');
    const state = await UnitState.open(database, options.stateDir, options.set);
    const found = await new Looker(database, state, options).look();
    await state.close();
    return found;
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw unreadable(options.dataDir, (cause as Error).message, cause);
  } finally {
    await rm(spillDir, { recursive: true, force: true });
  }
}

class Looker {
  readonly #database: Database;
  readonly #state: UnitState;
  readonly #dataDir: string;
  readonly #set: MetricSet;

  constructor(database: Database, state: UnitState, { dataDir, set }: MetricLookOptions) {
    this.#database = database;
    this.#state = state;
    this.#dataDir = dataDir;
    this.#set = set;
  }

  async look(): Promise<Look> {
    const listed = await listSegments(this.#dataDir);
    const known = await this.#state.segments();
    const fresh = listed.filter((s) => known.get(this.#nameOf(s)) !== s.sha256);
    // Fewer stayed than were known: one went or was rewritten, as erasure does
    const isRewritten = listed.length - fresh.length < known.size;
    const isAll = isRewritten || known.size === 0 || rowsIn(fresh) > NEW_SHARE * rowsIn(listed);
    if (isAll && known.size > 0) await this.#state.clear();
    const read = isAll ? listed : fresh;
    const before = isAll ? NO_MOMENTS : await this.#state.moments();
    const moments = read.length === 0 ? before : await this.#bring(read, isAll ? null : before);
    return { moments, read: isAll ? 'all' : 'new', segments: read.length };
  }

  async #bring(segments: readonly Segment[], before: ArmMoments | null): Promise<ArmMoments> {
    try {
      return await this.#inOneTransaction(segments, before, 'BIGINT');
    } catch (cause) {
      if (!isOverflow(cause)) throw cause;
      return await this.#inOneTransaction(segments, before, 'HUGEINT');
    }
  }

  async #inOneTransaction(
    segments: readonly Segment[],
    before: ArmMoments | null,
    width: Width,
  ): Promise<ArmMoments> {
    let moments = NO_MOMENTS;
    await this.#database.transaction(async () => {
      moments =
        before === null ? await this.#readAll(segments, width) : await this.#readNew(segments, before, width);
      await this.#state.note(segments, moments, this.#nameOf);
    });
    return moments;
  }

  readonly #nameOf = (s: Segment): string => relative(this.#dataDir, s.parquet);

  /** A partition at a time: what a partition's units need is what must fit into memory. */
  async #readAll(segments: readonly Segment[], width: Width): Promise<ArmMoments> {
    let total = NO_MOMENTS;
    for (const part of [...new Set(segments.map((s) => s.part))].sort()) {
      const mine = segments.filter((s) => s.part === part);
      const relations = await this.#relations(mine);
      total = add(total, await readMoments(this.#database, this.#set, relations, width));
      await this.#keep(mine, 'exposures', 'assigned');
      await this.#keep(mine, 'outcomes', relations.outcomes());
    }
    return total;
  }

  /** Only of segments there are: an empty relation has no id type that a table could take over. */
  async #keep(segments: readonly Segment[], kind: SegmentKind, relation: string): Promise<void> {
    if (segments.some(isOf(kind))) await this.#state.append(kind, relation);
  }

  async #readNew(segments: readonly Segment[], before: ArmMoments, width: Width): Promise<ArmMoments> {
    const { exposures, outcomes } = await this.#relations(segments);
    const make = (name: string, sql: string): Promise<void> =>
      this.#database.run(`CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`);
    await make('new_exposures', `SELECT unit, min(lo) AS lo, max(hi) AS hi FROM ${exposures} GROUP BY unit`);
    await make('new_outcomes', `FROM ${outcomes()}`);
    await make('touched', 'SELECT unit FROM new_exposures UNION SELECT unit FROM new_outcomes');
    for (const kind of KINDS) {
      const kept = (await this.#state.has(kind)) ? `state.${kind}` : `(FROM new_${kind} WHERE false)`;
      await make(`old_${kind}`, `FROM ${kept} SEMI JOIN touched USING (unit)`);
    }
    const old = { exposures: 'old_exposures', outcomes: from('old_outcomes') };
    const out = await readMoments(this.#database, this.#set, old, width);
    const both = (kind: SegmentKind): string => `(FROM old_${kind} UNION ALL FROM new_${kind})`;
    const all = { exposures: both('exposures'), outcomes: from(both('outcomes')) };
    const into = await readMoments(this.#database, this.#set, all, width);
    for (const kind of KINDS) await this.#keep(segments, kind, `new_${kind}`);
    return add(subtract(before, out), into);
  }

  /** Held against their manifests. A kind without a segment is an empty relation with the other's units. */
  async #relations(segments: readonly Segment[]): Promise<Relations> {
    for (const segment of segments) await verify(segment);
    await this.#holdsRows(segments);
    const files = (kind: SegmentKind): string[] => segments.filter(isOf(kind)).map((s) => s.parquet);
    const [exposed, told] = [files('exposures'), files('outcomes')];
    const exposures = exposed.length > 0 ? exposuresIn(this.#set, exposed) : undefined;
    const outcomes = told.length > 0 ? outcomesIn(this.#set, told) : undefined;
    return {
      exposures: exposures ?? noneOf('exposures', this.#set, outcomes?.() ?? ''),
      outcomes: outcomes ?? from(noneOf('outcomes', this.#set, exposures ?? '')),
    };
  }

  async #holdsRows(segments: readonly Segment[]): Promise<void> {
    const list = segments.map((s) => literal(s.parquet)).join(', ');
    const found = await this.#database.rows(
      `SELECT file_name, num_rows FROM parquet_file_metadata([${list}])`,
    );
    const rowsOf = new Map(found.map((row) => [textOf(row, 'file_name'), numberOf(row, 'num_rows')]));
    for (const { parquet, rows } of segments)
      if (rowsOf.get(parquet) !== rows)
        throw unreadable(parquet, `it has ${rowsOf.get(parquet)} rows, its manifest says ${rows}`);
  }
}

const from =
  (relation: string): Relations['outcomes'] =>
  (join = '') =>
    `(FROM ${relation} ${join})`;

function noneOf(kind: SegmentKind, set: MetricSet, other: string): string {
  const columns = set.columns.map((_, i) => `0::BIGINT AS c${i}`).join(', ');
  const row =
    kind === 'exposures'
      ? '0::UTINYINT AS lo, 0::UTINYINT AS hi'
      : `NULL::BIGINT AS id, NULL::BIGINT AS revision, ${columns}`;
  return `(SELECT unit, ${row} FROM ${other} WHERE false)`;
}
