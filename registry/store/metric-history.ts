import { parseExact } from '@assay/domain/exact-json';
import type { Context } from './context.ts';
import { type Db, one, type Row, rows } from './database.ts';
import { invalid } from './faults.ts';
import { type Input, int64, optionalText, pageSize, text, texts } from './input.ts';
import { JsonText, POINT_JSON } from './json.ts';
import { sampled } from './metric-sample.ts';
import { renderMetric } from './metrics.ts';
import { readToken, writeToken } from './page-token.ts';
import { runOf } from './runs.ts';

const MAX_RUNS = 100;
const MAX_BULK = 25_000;
const MAX_SAMPLES = 2500;
const LAST = 'ORDER BY step DESC, ts DESC, value DESC, is_nan DESC LIMIT 1';

const AT_ONCE = 10_000;
const KEYS = ['int8', 'int8', 'float8', 'bool'] as const;

/** Up to $3 points as JSON; $4 to $7 is the point before. */
const PIECE = (after: string) => `SELECT count(*)::int AS count, string_agg(json, ',') AS json FROM (
    SELECT ${POINT_JSON} AS json FROM metrics WHERE run_id = $1 AND key = $2 ${after}
    ORDER BY ts, step, value, is_nan LIMIT $3) found`;
const FIRST = { name: 'history', text: PIECE('') };
const NEXT = { name: 'history-next', text: PIECE('AND (ts, step, value, is_nan) > ($4, $5, $6, $7)') };

interface Piece {
  readonly json: string;
  /** Sort keys of the last point, where there are more. */
  readonly last: readonly string[] | undefined;
}

/** Where the last point begins: inside a JSON text a quote is never bare. */
const POINT = '{"key":';

const keysOf = (json: string): string[] => {
  const last = parseExact(json.slice(json.lastIndexOf(POINT))) as Record<string, unknown>;
  const value = last.value === 'NaN' ? '0' : Object.is(last.value, -0) ? '-0' : String(last.value);
  return [String(last.timestamp), String(last.step), value, String(last.value === 'NaN')];
};

/** One point more than wanted says whether there are more. */
const readPiece = async (
  { pool }: Context,
  [runId, name]: readonly [string, string],
  after: readonly unknown[] | undefined,
  count: number,
): Promise<Piece> => {
  const statement = after === undefined ? FIRST : NEXT;
  const found = await one(pool, statement, [runId, name, count + 1, ...(after ?? [])]);
  const json = String(found?.json ?? '');
  if (Number(found?.count) <= count) return { json, last: undefined };
  const shown = json.slice(0, json.lastIndexOf(POINT) - 1);
  return { json: shown, last: keysOf(shown) };
};

/**
 * Points of one metric by (timestamp, step, value); a page goes on after the last point it has shown. Read and sent in
 * pieces, so that a history of any length takes little memory.
 */
export const metricHistory = async (context: Context, input: Input) => {
  const of = [text(input, 'run_id'), text(input, 'metric_key')] as const;
  const size = pageSize(input, 1_000_000, 1_000_000);
  const scope = ['history', ...of];
  const after = readToken(optionalText(input, 'page_token'), scope, KEYS);
  const first = await readPiece(context, of, after, Math.min(size, AT_ONCE));
  if (first.json === '') return {};
  const start = `{"metrics":[${first.json}`;
  const end = ({ last }: Piece) =>
    last === undefined ? ']}' : `],"next_page_token":${JSON.stringify(writeToken(scope, last))}}`;
  if (first.last === undefined || size <= AT_ONCE) return new JsonText(start + end(first));
  async function* answer(): AsyncGenerator<string> {
    yield start;
    let piece = first;
    for (let left = size - AT_ONCE; piece.last !== undefined && left > 0; left -= AT_ONCE) {
      piece = await readPiece(context, of, piece.last, Math.min(left, AT_ONCE));
      yield `,${piece.json}`;
    }
    yield end(piece);
  }
  return new JsonText(answer());
};

const withRun = (row: Row) => ({ ...renderMetric(row), run_id: row.run_id });

const runIds = (input: Input, field: string): string[] => {
  const ids = texts(input, field);
  if (ids.length === 0 || ids.length > MAX_RUNS)
    throw invalid(
      `Invalid value for parameter '${field}': 1 to ${MAX_RUNS} runs are required, got ${ids.length}`,
    );
  return ids;
};

/** One metric of several runs, for charts. */
export const metricHistoryBulk = async ({ pool }: Context, input: Input) => {
  const ids = runIds(input, 'run_id');
  const limit = int64(input, 'max_results') ?? BigInt(MAX_BULK);
  if (limit < 1n) throw invalid(`Invalid value ${limit} for parameter 'max_results': it must be positive`);
  const sql = `SELECT * FROM metrics WHERE run_id = ANY($1) AND key = $2
    ORDER BY run_id, ts, step, value LIMIT ${limit < MAX_BULK ? limit : MAX_BULK}`;
  const found = await rows(pool, sql, [ids, text(input, 'metric_key')]);
  return { metrics: found.map(withRun) };
};

const between = (input: Input): [string, string] | undefined => {
  const [from, to] = [int64(input, 'start_step'), int64(input, 'end_step')];
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined)
    throw invalid('If either start step or end step are specified, both must be specified.');
  if (from > to) throw invalid(`end_step must be greater than start_step. Found ${from} and ${to}.`);
  return [String(from), String(to)];
};

/** A history longer than this is sampled without reading all of it. */
const LONG = 10_000;
const ORDER = 'ts, step, value, is_nan';
const DOWN = 'ts DESC, step DESC, value DESC, is_nan DESC';
const OF = 'FROM metrics WHERE run_id = $1 AND key = $2';

/**
 * Evenly sampled points of several runs by step; the first and the last of each are always among them. Of a long history whose
 * steps are not asked for, the first and the last in time and the one with the largest step.
 */
export const metricHistoryInterval = async ({ pool }: Context, input: Input) => {
  const ids = runIds(input, 'run_ids');
  const name = text(input, 'metric_key');
  const size = pageSize(input, MAX_SAMPLES, MAX_SAMPLES);
  const steps = between(input);
  for (const id of ids) await runOf(pool, id);
  const metrics: object[] = [];
  for (const id of ids) {
    const isLong = steps === undefined && size > 2 && (await isLongHistory(pool, id, name));
    const [found, last] = isLong
      ? await ofLong(pool, [id, name], size)
      : await ofShort(pool, [id, name], size, steps);
    if (last !== undefined) metrics.push(...endingWith(found, last, size).map(withRun));
  }
  return metrics.length === 0 ? {} : { metrics };
};

type Sample = readonly [found: readonly Row[], last: Row | undefined];

const isLongHistory = async (db: Db, id: string, name: string): Promise<boolean> => {
  const sql = `SELECT count(*)::int AS count FROM (SELECT ${OF} LIMIT ${LONG + 1}) found`;
  return Number((await one(db, sql, [id, name]))?.count) > LONG;
};

/** Reads all of it. */
const ofShort = async (
  db: Db,
  of: readonly [string, string],
  size: number,
  steps: readonly [string, string] | undefined,
): Promise<Sample> => {
  const asked = `${OF}${steps === undefined ? '' : ' AND step BETWEEN $3 AND $4'}`;
  const sql = `SELECT DISTINCT ON (bucket) * FROM (SELECT *, ntile(${size}) OVER w AS bucket ${asked}
    WINDOW w AS (ORDER BY step, ts, value, is_nan)) b ORDER BY bucket, step, ts, value, is_nan`;
  const values = [...of, ...(steps ?? [])];
  return [await rows(db, sql, values), await one(db, `SELECT * ${asked} ${LAST}`, values)];
};

/** Both neighbours of each place, each by one look into the primary key. */
const NEIGHBOURS = {
  name: 'history-neighbours',
  text: `SELECT b.ts AS before_ts, b.step AS before_step, a.* FROM unnest($3::int8[], $4::int8[]) WITH ORDINALITY AS place(ts, step, i),
    LATERAL (SELECT ts, step ${OF} AND (ts, step) < (place.ts, place.step) ORDER BY ${DOWN} LIMIT 1) b,
    LATERAL (SELECT * ${OF} AND (ts, step) >= (place.ts, place.step) ORDER BY ${ORDER} LIMIT 1) a ORDER BY i`,
};

const placed = (row: Row) => ({ ts: BigInt(String(row.ts)), step: BigInt(String(row.step)), row });
type Placed = ReturnType<typeof placed>;

const ofLong = async (db: Db, of: readonly [string, string], size: number): Promise<Sample> => {
  const end = (order: string) => one(db, `SELECT * ${OF} ORDER BY ${order} LIMIT 1`, of);
  const [first, newest, last] = [
    await end(ORDER),
    await end(DOWN),
    await one(db, 'SELECT * FROM latest_metrics WHERE run_id = $1 AND key = $2', of),
  ];
  if (first === undefined || newest === undefined) return [[], undefined];
  const found = await sampled<Placed>([placed(first), placed(newest)], size, async (places) => {
    const values = [...of, places.map((p) => String(p.ts)), places.map((p) => String(p.step))];
    const answers = await rows(db, NEIGHBOURS, values);
    return answers.map((r) => ({
      before: { ts: BigInt(String(r.before_ts)), step: BigInt(String(r.before_step)) },
      after: placed(r),
    }));
  });
  return [found.map(({ row }) => row).toSorted(byStep), last ?? newest];
};

const byStep = (a: Row, b: Row): number => {
  const difference = BigInt(String(a.step)) - BigInt(String(b.step));
  return difference < 0n ? -1 : difference > 0n ? 1 : Number(BigInt(String(a.ts)) - BigInt(String(b.ts)));
};

const point = (row: Row | undefined): string => JSON.stringify([row?.step, row?.ts, row?.value, row?.is_nan]);

const endingWith = (found: readonly Row[], last: Row, size: number): readonly Row[] =>
  point(found.at(-1)) === point(last) ? found : [...found.slice(0, size - 1), last];
