import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { type ArmMoments, add, NO_MOMENTS, subtract } from '@assay/domain/exact-moments';
import { checkMetricSet, type MetricSet } from '@assay/domain/metric-set';
import { Database, literal, numberOf, textOf } from '../database.ts';
import { unreadable, verify } from '../sealed-files.ts';
import { exposuresIn, outcomesIn, type Relations, readMoments } from './moments-sql.ts';
import { KINDS, listSegments, type Segment, type SegmentKind } from './segments.ts';
import { type Known, UnitState } from './unit-state.ts';

export interface MetricLookOptions {
  /** Holds `exposures/part=…` and `outcomes/part=…`; a unit's rows are in one partition. */
  readonly dataDir: string;
  /** Holds what is kept between looks; may be removed at any time, the next look then reads everything. */
  readonly stateDir: string;
  readonly set: MetricSet;
  readonly threads?: number;
  readonly memoryLimit?: string;
  /** Rows of the partitions that a full look takes together, where one has not more already. */
  readonly rowsAtOnce?: number;
}

export interface Look {
  readonly moments: ArmMoments;
  /** Were all segments read, or the new ones alone? The moments are the same. */
  readonly read: 'all' | 'new';
  readonly segments: number;
}

/** Where new rows are more than this share of all, reading all again is cheaper than finding what they touch. */
const NEW_SHARE = 0.2;

/** Rows of later looks are kept when they are more than this share of all; until then they are read from their segments. */
const WAITING_SHARE = 0.03;

interface Segments {
  readonly listed: readonly Segment[];
  readonly fresh: readonly Segment[];
  /** In the sums, and not yet kept by unit. */
  readonly waiting: readonly Segment[];
}

/** Marks what later looks add. */
const LATER = -1;

const isOf = (kind: SegmentKind) => (s: Segment) => s.kind === kind;
const rowsIn = (segments: readonly Segment[]): number => segments.reduce((sum, s) => sum + s.rows, 0);

/**
 * Sums of a metric set over sealed exposures and outcomes, kept by unit between looks: a later look reads the new segments
 * and what they touch, takes the touched units' old values out of the sums and puts their new ones in. All sums are exact,
 * so that it equals a look at everything. What a look keeps counts with its last transaction: ended before, it has not been.
 * Throws EXPERIMENT_INVALID, EVIDENCE_UNREADABLE.
 */
export async function metricLook(options: MetricLookOptions): Promise<Look> {
  checkMetricSet(options.set);
  const spillDir = await mkdtemp(join(tmpdir(), 'assay-look-'));
  try {
    await using database = await Database.open({
      threads: options.threads ?? 2,
      memoryLimit: options.memoryLimit ?? '256MB',
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

/** Whole partitions, in their order. */
function batchesOf(segments: readonly Segment[], rowsAtOnce: number): readonly (readonly Segment[])[] {
  const batches: Segment[][] = [];
  for (const part of [...new Set(segments.map((s) => s.part))].sort()) {
    const mine = segments.filter((s) => s.part === part);
    const last = batches.at(-1);
    if (last !== undefined && rowsIn(last) + rowsIn(mine) <= rowsAtOnce) last.push(...mine);
    else batches.push(mine);
  }
  return batches;
}

class Looker {
  readonly #database: Database;
  readonly #state: UnitState;
  readonly #dataDir: string;
  readonly #set: MetricSet;
  readonly #rowsAtOnce: number;

  constructor(
    database: Database,
    state: UnitState,
    { dataDir, set, rowsAtOnce = 2_000_000 }: MetricLookOptions,
  ) {
    this.#database = database;
    this.#state = state;
    this.#dataDir = dataDir;
    this.#set = set;
    this.#rowsAtOnce = rowsAtOnce;
  }

  async look(): Promise<Look> {
    const listed = await listSegments(this.#dataDir);
    const known = await this.#state.segments();
    const knownOf = (s: Segment): Known | undefined => known.get(this.#nameOf(s));
    const fresh = listed.filter((s) => knownOf(s)?.sha256 !== s.sha256);
    // Fewer stayed than were known: one went or was rewritten, as erasure does
    const isRewritten = listed.length - fresh.length < known.size;
    const isAll = isRewritten || known.size === 0 || rowsIn(fresh) > NEW_SHARE * rowsIn(listed);
    if (isAll) return { moments: await this.#readAll(listed), read: 'all', segments: listed.length };
    const before = await this.#state.moments();
    if (fresh.length === 0) return { moments: before, read: 'new', segments: 0 };
    const waiting = listed.filter((s) => knownOf(s)?.isKept === false);
    const moments = await this.#readNew({ listed, fresh, waiting }, before);
    return { moments, read: 'new', segments: fresh.length };
  }

  readonly #nameOf = (s: Segment): string => relative(this.#dataDir, s.parquet);

  async #note(
    listed: readonly Segment[],
    isKept: (s: Segment) => boolean,
    moments: ArmMoments,
  ): Promise<void> {
    const known = listed.map((s) => [this.#nameOf(s), { sha256: s.sha256, isKept: isKept(s) }] as const);
    await this.#state.note(new Map(known), moments);
  }

  /**
   * Some partitions at a time: their units are what must fit into memory. Parquet is decoded once, into what is kept; the
   * sums come from there, where bounds of columns are known, so that products need not be held against overflow.
   */
  async #readAll(segments: readonly Segment[]): Promise<ArmMoments> {
    await this.#state.clear();
    let moments = NO_MOMENTS;
    for (const [batch, mine] of batchesOf(segments, this.#rowsAtOnce).entries()) {
      const parquet = await this.#relations(mine);
      await this.#keep(mine, 'outcomes', parquet.outcomes, batch);
      const kept = `(SELECT * EXCLUDE (batch) FROM state.outcomes WHERE batch = ${batch})`;
      const outcomes = mine.some(isOf('outcomes')) ? kept : parquet.outcomes;
      const { into } = await readMoments(this.#database, this.#set, { ...parquet, outcomes });
      moments = add(moments, into);
      await this.#keep(mine, 'exposures', 'assigned', batch);
    }
    // What was kept counts from here on
    await this.#database.transaction(() => this.#note(segments, () => true, moments));
    return moments;
  }

  async #readNew({ listed, fresh, waiting }: Segments, before: ArmMoments): Promise<ArmMoments> {
    const { exposures, outcomes } = await this.#relations(fresh);
    const earlier = waiting.length > 0 ? await this.#relations(waiting) : undefined;
    const make = (name: string, sql: string): Promise<void> =>
      this.#database.run(`CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`);
    await make('new_exposures', `SELECT unit, min(lo) AS lo, max(hi) AS hi FROM ${exposures} GROUP BY unit`);
    await make('new_outcomes', `FROM ${outcomes}`);
    await make('touched', 'SELECT unit FROM new_exposures UNION SELECT unit FROM new_outcomes');
    for (const kind of KINDS) {
      const kept = (await this.#state.has(kind)) ? [`SELECT * EXCLUDE (batch) FROM state.${kind}`] : [];
      const old = [...kept, ...(earlier ? [`FROM ${earlier[kind]}`] : [])].join(' UNION ALL ');
      await make(
        `old_${kind}`,
        `FROM (${old || `FROM new_${kind} WHERE false`}) SEMI JOIN touched USING (unit)`,
      );
    }
    const sides = (kind: SegmentKind): string =>
      `(SELECT *, -1 AS side FROM old_${kind}
        UNION ALL SELECT *, 1 AS side FROM old_${kind} UNION ALL SELECT *, 1 AS side FROM new_${kind})`;
    const { out, into } = await readMoments(this.#database, this.#set, {
      exposures: sides('exposures'),
      outcomes: sides('outcomes'),
      key: 'unit, side',
    });
    const moments = add(subtract(before, out), into);
    const isDue = rowsIn(waiting) + rowsIn(fresh) > WAITING_SHARE * rowsIn(listed);
    const wait = new Set(isDue ? [] : [...waiting, ...fresh]);
    await this.#database.transaction(async () => {
      for (const kind of isDue ? KINDS : []) {
        if (earlier) await this.#keep(waiting, kind, earlier[kind], LATER);
        await this.#keep(fresh, kind, `new_${kind}`, LATER);
      }
      await this.#note(listed, (s) => !wait.has(s), moments);
    });
    return moments;
  }

  /** Only of segments there are: an empty relation has no id type that a table could take over. */
  async #keep(
    segments: readonly Segment[],
    kind: SegmentKind,
    relation: string,
    batch: number,
  ): Promise<void> {
    if (segments.some(isOf(kind))) await this.#state.append(kind, relation, batch);
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
      exposures: exposures ?? noneOf('exposures', this.#set, outcomes ?? ''),
      outcomes: outcomes ?? noneOf('outcomes', this.#set, exposures ?? ''),
      key: 'unit',
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

function noneOf(kind: SegmentKind, set: MetricSet, other: string): string {
  const columns = set.columns.map((_, i) => `0::BIGINT AS c${i}`).join(', ');
  const row =
    kind === 'exposures'
      ? '0::UTINYINT AS lo, 0::UTINYINT AS hi'
      : `NULL::BIGINT AS id, NULL::BIGINT AS revision, ${columns}`;
  return `(SELECT unit, ${row} FROM ${other} WHERE false)`;
}
