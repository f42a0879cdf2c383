import type { Context } from './context.ts';
import { type Row, rows } from './database.ts';
import { invalid } from './faults.ts';
import { type Input, int64, optionalText, pageSize, text, texts } from './input.ts';
import { renderMetric } from './metrics.ts';
import { readToken, writeToken } from './page-token.ts';
import { runOf } from './runs.ts';

const MAX_RUNS = 100;
const MAX_BULK = 25_000;
const MAX_SAMPLES = 2500;
const LAST = 'ORDER BY step DESC, ts DESC, value DESC, is_nan DESC LIMIT 1';

/** Points of one metric by (timestamp, step, value); a page goes on after the last point it has shown. */
export const metricHistory = async ({ pool }: Context, input: Input) => {
  const runId = text(input, 'run_id');
  const name = text(input, 'metric_key');
  const size = pageSize(input, 1_000_000, 1_000_000);
  const scope = ['history', runId, name];
  const after = readToken(optionalText(input, 'page_token'), scope, ['int8', 'int8', 'float8', 'bool']);
  const sql = `SELECT * FROM metrics WHERE run_id = $1 AND key = $2
    ${after === undefined ? '' : 'AND (ts, step, value, is_nan) > ($3::int8, $4::int8, $5::float8, $6::bool)'}
    ORDER BY ts, step, value, is_nan LIMIT ${size + 1}`;
  const found = await rows(pool, sql, [runId, name, ...(after ?? [])]);
  const items = found.slice(0, size);
  const last = items.at(-1);
  if (last === undefined) return {};
  const next = [last.ts, last.step, last.value, last.is_nan];
  return {
    metrics: items.map(renderMetric),
    ...(found.length > size && { next_page_token: writeToken(scope, next) }),
  };
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
