import type { Context } from './context.ts';
import { type Row, rows } from './database.ts';
import { invalid } from './faults.ts';
import { type Input, int64, optionalText, pageSize, text, texts } from './input.ts';
import { JsonText, POINT_JSON } from './json.ts';
import { renderMetric } from './metrics.ts';
import { readToken, writeToken } from './page-token.ts';
import { runOf } from './runs.ts';

const MAX_RUNS = 100;
const MAX_BULK = 25_000;
const MAX_SAMPLES = 2500;
const LAST = 'ORDER BY step DESC, ts DESC, value DESC, is_nan DESC LIMIT 1';

const AT_ONCE = 10_000;
const KEYS = ['int8', 'int8', 'float8', 'bool'] as const;

/** Up to $3 points as JSON, whether there are more, and the sort keys of the last; $4 to $7 is the point before. */
const PIECE = (
  after: string,
) => `SELECT string_agg(${POINT_JSON}, ',') FILTER (WHERE nth <= $3) AS json, count(*) > $3 AS more,
    max(ts) FILTER (WHERE nth = least($3, total)) AS ts, max(step) FILTER (WHERE nth = least($3, total)) AS step,
    max(value) FILTER (WHERE nth = least($3, total)) AS value, bool_or(is_nan) FILTER (WHERE nth = least($3, total)) AS is_nan
  FROM (SELECT *, row_number() OVER () AS nth, count(*) OVER () AS total FROM (
    SELECT key, ts, step, value, is_nan FROM metrics WHERE run_id = $1 AND key = $2 ${after}
    ORDER BY ts, step, value, is_nan LIMIT $3 + 1) found) numbered`;
const FIRST = { name: 'history', text: PIECE('') };
const NEXT = { name: 'history-next', text: PIECE('AND (ts, step, value, is_nan) > ($4, $5, $6, $7)') };

/**
 * Points of one metric by (timestamp, step, value); a page goes on after the last point it has shown. Read and sent in
 * pieces, so that a history of any length takes little memory.
 */
export const metricHistory = async ({ pool }: Context, input: Input) => {
  const runId = text(input, 'run_id');
  const name = text(input, 'metric_key');
  const size = pageSize(input, 1_000_000, 1_000_000);
  const scope = ['history', runId, name];
  const piece = async (after: readonly unknown[] | undefined, count: number): Promise<Row> => {
    const values = [runId, name, count, ...(after ?? [])];
    return (await pool.query<Row>({ ...(after === undefined ? FIRST : NEXT), values })).rows[0] ?? {};
  };
  const keysOf = (last: Row) => [last.ts, last.step, last.value, last.is_nan];
  const after = readToken(optionalText(input, 'page_token'), scope, KEYS);
  const first = await piece(after, Math.min(size, AT_ONCE));
  if (first.json === null) return {};
  async function* answer(): AsyncGenerator<string> {
    yield `{"metrics":[${String(first.json)}`;
    let last = first;
    for (let left = size - AT_ONCE; last.more === true && left > 0; left -= AT_ONCE) {
      last = await piece(keysOf(last), Math.min(left, AT_ONCE));
      yield `,${String(last.json)}`;
    }
    yield last.more === true
      ? `],"next_page_token":${JSON.stringify(writeToken(scope, keysOf(last)))}}`
      : ']}';
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

/** Evenly sampled points of several runs; the first and the last of each are always among them. */
export const metricHistoryInterval = async ({ pool }: Context, input: Input) => {
  const ids = runIds(input, 'run_ids');
  const name = text(input, 'metric_key');
  const size = pageSize(input, MAX_SAMPLES, MAX_SAMPLES);
  const steps = between(input);
  const of = `FROM metrics WHERE run_id = $1 AND key = $2${steps === undefined ? '' : ' AND step BETWEEN $3 AND $4'}`;
  const sampled = `SELECT DISTINCT ON (bucket) * FROM (SELECT *, ntile(${size}) OVER w AS bucket ${of}
    WINDOW w AS (ORDER BY step, ts, value, is_nan)) b ORDER BY bucket, step, ts, value, is_nan`;
  for (const id of ids) await runOf(pool, id);
  const metrics: object[] = [];
  for (const id of ids) {
    const values = [id, name, ...(steps ?? [])];
    const found = await rows(pool, sampled, values);
    const [last] = await rows(pool, `SELECT * ${of} ${LAST}`, values);
    if (last !== undefined) metrics.push(...endingWith(found, last, size).map(withRun));
  }
  return metrics.length === 0 ? {} : { metrics };
};

const point = (row: Row | undefined): string => JSON.stringify([row?.step, row?.ts, row?.value, row?.is_nan]);

const endingWith = (found: readonly Row[], last: Row, size: number): readonly Row[] =>
  point(found.at(-1)) === point(last) ? found : [...found.slice(0, size - 1), last];
