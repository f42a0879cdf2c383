import { readFile } from 'node:fs/promises';
import type { Context } from '@assay/registry-store/context';
import { migrate, openPool, openRegistryDatabase } from '@assay/registry-store/database';
import type { JsonText } from '@assay/registry-store/json';
import { metricHistory, metricHistoryInterval } from '@assay/registry-store/metric-history';
import { logBatch, logParam, setRunTag } from '@assay/registry-store/run-batch';
import { createRun, deleteRun, getRun, searchRuns } from '@assay/registry-store/runs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../plane/postgres.ts';

let postgres: TestPostgres;
let pool: pg.Pool;
let context: Context;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = await openRegistryDatabase(postgres.url);
  // The server may be gone before the last idle connection is
  pool.on('error', () => undefined);
  context = { pool, caller: { subject: 'ada', role: 'data-scientist' }, nowMs: 1 } as Context;
});
afterAll(async () => {
  await pool?.end();
  await postgres?.[Symbol.asyncDispose]();
});

interface Page {
  readonly run?: { readonly info: { readonly run_id: string } };
  readonly runs?: readonly { readonly info: { readonly run_name: string } }[];
  readonly metrics?: readonly { readonly step: number }[];
  readonly next_page_token?: string;
}
async function read(answer: object): Promise<Page> {
  if (!('body' in answer)) return answer as Page;
  const { body } = answer as JsonText;
  if (typeof body === 'string') return JSON.parse(body) as Page;
  let text = '';
  for await (const piece of body) text += piece;
  return JSON.parse(text) as Page;
}

async function newRun(name: string, start = 0): Promise<string> {
  const made = await createRun(context, { experiment_id: '0', run_name: name, start_time: start });
  return (await read(made)).run?.info.run_id ?? '';
}
const point = (key: string, value: unknown, step = 0) => ({ key, value, timestamp: step, step });

describe('searches read rank by rank', () => {
  const names = ['high', 'tie-new', 'tie-old', 'low', 'nan-new', 'nan-old', 'absent-new', 'absent-old'];
  const values = [3, 2, 2, -1, 'NaN', 'NaN', undefined, undefined];
  const ask = { experiment_ids: ['0'], filter: "tags.suite = 'ranks'", order_by: ['metrics.m DESC'] };
  beforeAll(async () => {
    for (const [i, name] of names.entries()) {
      const id = await newRun(name, 100 - i);
      const metrics = values[i] === undefined ? [] : [point('m', values[i])];
      await logBatch(context, { run_id: id, metrics, tags: [{ key: 'suite', value: 'ranks' }] });
    }
  });

  test.for([1, 2, 3, 5, 8])('pages of %i join to the whole order, NaN and absent last', async (size) => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await read(await searchRuns(context, { ...ask, max_results: size, page_token: token }));
      seen.push(...(page.runs ?? []).map((r) => r.info.run_name));
      token = page.next_page_token;
    } while (token !== undefined);
    expect(seen).toEqual(names);
  });

  test('ascending turns the numbers round and nothing else', async () => {
    const page = await read(await searchRuns(context, { ...ask, order_by: ['metrics.m'] }));
    expect(page.runs?.map((r) => r.info.run_name)).toEqual([
      'low',
      'tie-new',
      'tie-old',
      'high',
      ...names.slice(4),
    ]);
  });

  test('a token with a rank that does not exist is refused', async () => {
    const first = await read(await searchRuns(context, { ...ask, max_results: 1 }));
    const parts = JSON.parse(Buffer.from(first.next_page_token ?? '', 'base64url').toString()) as string[];
    parts[1] = '7';
    const forged = Buffer.from(JSON.stringify(parts)).toString('base64url');
    await expect(searchRuns(context, { ...ask, max_results: 1, page_token: forged })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });
});

describe('a batch is one statement', () => {
  test('of two writers of one param exactly one is told that it changes it, and the rest of its batch is not kept', async () => {
    const id = await newRun('raced');
    const batch = (value: string) =>
      logBatch(context, {
        run_id: id,
        params: [{ key: 'p', value }],
        tags: [{ key: `by-${value}`, value }],
      }).then(
        () => 'kept',
        (error: { code: string; message: string }) => error.message,
      );
    const ends = await Promise.all(['a', 'b', 'c', 'd'].map(batch));
    expect(ends.filter((e) => e === 'kept')).toHaveLength(1);
    expect(ends.filter((e) => e.includes('Changing param values is not allowed'))).toHaveLength(3);
    const kept = await pool.query("SELECT key FROM run_tags WHERE run_id = $1 AND key LIKE 'by-%'", [id]);
    expect(kept.rows).toHaveLength(1);
  });

  test('the same param again is fine', async () => {
    const id = await newRun('again');
    for (let i = 0; i < 2; i++) await logParam(context, { run_id: id, key: 'p', value: '1' });
    expect(await pool.query('SELECT 1 FROM params WHERE run_id = $1', [id])).toHaveProperty('rowCount', 1);
  });

  test('points that are there already, or twice in a batch, are kept once, and the rest of the batch with them', async () => {
    const id = await newRun('points again');
    const first = [point('m', 1, 1), point('m', 2, 2)];
    await logBatch(context, { run_id: id, metrics: first });
    const more = [...first, point('m', 3, 3), point('m', 3, 3), point('n', 1)];
    await logBatch(context, { run_id: id, metrics: more, tags: [{ key: 'with', value: 'them' }] });
    const kept = await pool.query('SELECT key, step FROM metrics WHERE run_id = $1 ORDER BY key, step', [id]);
    expect(kept.rows.map((r) => `${r.key}${r.step}`)).toEqual(['m1', 'm2', 'm3', 'n0']);
    const latest = await pool.query('SELECT step FROM latest_metrics WHERE run_id = $1 ORDER BY key', [id]);
    expect(latest.rows).toEqual([{ step: '3' }, { step: '0' }]);
    const tags = await pool.query("SELECT value FROM run_tags WHERE run_id = $1 AND key = 'with'", [id]);
    expect(tags.rows).toEqual([{ value: 'them' }]);
  });

  test('many who rename one run at once do not wait for each other for ever', async () => {
    const id = await newRun('named');
    const rename = (i: number) => setRunTag(context, { run_id: id, key: 'mlflow.runName', value: `n${i}` });
    await Promise.all(Array.from({ length: 20 }, (_, i) => rename(i)));
    const { rows } = await pool.query(
      "SELECT r.name = t.value AS same FROM runs r JOIN run_tags t ON t.run_id = r.id AND t.key = 'mlflow.runName' WHERE r.id = $1",
      [id],
    );
    expect(rows).toEqual([{ same: true }]);
  });

  test.for([
    ['a deleted run', 'INVALID_PARAMETER_VALUE', true],
    ['no run', 'RESOURCE_DOES_NOT_EXIST', false],
  ] as const)('%s takes no point', async ([, code, exists]) => {
    const id = exists ? await newRun('gone') : 'f'.repeat(32);
    if (exists) await deleteRun(context, { run_id: id });
    const writing = logBatch(context, { run_id: id, metrics: [point('m', 1)] });
    await expect(writing).rejects.toMatchObject({ code });
    expect(await pool.query('SELECT 1 FROM metrics WHERE run_id = $1', [id])).toHaveProperty('rowCount', 0);
  });

  test('a metric of a logged model that does not exist is refused', async () => {
    const id = await newRun('modelled');
    const metrics = [{ ...point('m', 1), model_id: 'm-nowhere' }];
    await expect(logBatch(context, { run_id: id, metrics })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });
});

test('a history longer than one piece comes whole, and page by page', async () => {
  const id = await newRun('long');
  const total = 20_500;
  await pool.query(
    "INSERT INTO metrics (run_id, key, ts, step, value, is_nan) SELECT $1, 'm', i, i, 0.5, false FROM generate_series(0, $2::int - 1) i",
    [id, total],
  );
  const steps = Array.from({ length: total }, (_, i) => i);
  const ask = { run_id: id, metric_key: 'm' };
  const whole = await read(await metricHistory(context, ask));
  expect([whole.metrics?.map((m) => m.step), whole.next_page_token]).toEqual([steps, undefined]);
  const first = await read(await metricHistory(context, { ...ask, max_results: 15_000 }));
  const rest = await read(
    await metricHistory(context, { ...ask, max_results: 15_000, page_token: first.next_page_token }),
  );
  expect(rest.next_page_token).toBeUndefined();
  expect([...(first.metrics ?? []), ...(rest.metrics ?? [])].map((m) => m.step)).toEqual(steps);
});

test('a long history is sampled: as many points as asked for, by step, the ends and both sides of a pause among them', async () => {
  const id = await newRun('sampled');
  // 200,000 points of a millisecond each, half of them after a night; the database's own latest point as the registry writes it
  await pool.query(
    `WITH points AS (INSERT INTO metrics (run_id, key, ts, step, value, is_nan)
       SELECT $1, 'm', i + CASE WHEN i < 100000 THEN 0 ELSE 40000000 END, i, i / 2.0, false FROM generate_series(0, 199999) i RETURNING *)
     INSERT INTO latest_metrics (run_id, key, ts, step, value, is_nan, experiment_id)
       SELECT run_id, key, ts, step, value, is_nan, 0 FROM points WHERE step = 199999`,
    [id],
  );
  // What came late and belongs before everything
  await logBatch(context, { run_id: id, metrics: [{ key: 'm', value: 7, timestamp: 50_000_000, step: 5 }] });
  const ask = { run_ids: [id], metric_key: 'm' };
  const steps = async (more: object) =>
    ((await read(await metricHistoryInterval(context, { ...ask, ...more }))).metrics ?? []).map((m) =>
      Number(m.step),
    );
  const found = await steps({ max_results: 1_000 });
  expect(found).toHaveLength(1_000);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(found).toContain(5);
  expect([found[0], found.at(-1)]).toEqual([0, 199_999]);
  const before = found.filter((step) => step < 100_000).length;
  expect(before).toBeGreaterThan(300);
  expect(before).toBeLessThan(700);
  const widest = Math.max(...found.slice(1).map((step, i) => step - (found[i] ?? 0)));
  expect(widest, 'of 200,000 steps').toBeLessThan(2_000);
  // A window of steps is read whole, and exactly even
  const window = await steps({ max_results: 5, start_step: 150_000, end_step: 150_499 });
  expect(window).toEqual([150_000, 150_100, 150_200, 150_300, 150_499]);
}, 60_000);

test('JSON that the database makes holds any text and the smallest details of numbers', async () => {
  const id = await newRun('quotes "\\ \n é 🎈');
  const value = 'a"b\\c\n\u0001🎈';
  await logBatch(context, {
    run_id: id,
    metrics: [point('zero', -0), point('largest', 'Infinity'), point('small', 5e-324), point('none', 'NaN')],
    params: [{ key: 'p', value }],
    tags: [{ key: 't', value }],
  });
  const text = String(((await getRun(context, { run_id: id })) as JsonText).body);
  const { run } = JSON.parse(text) as {
    run: {
      info: { run_name: string };
      data: Record<'metrics' | 'params' | 'tags', { key: string; value: unknown }[]>;
    };
  };
  expect(run.info.run_name).toBe('quotes "\\ \n é 🎈');
  expect(run.data.params).toEqual([{ key: 'p', value }]);
  expect(run.data.tags.find((t) => t.key === 't')?.value).toBe(value);
  const metrics = Object.fromEntries(run.data.metrics.map((m) => [m.key, m.value]));
  expect(metrics).toEqual({ zero: -0, largest: Number.MAX_VALUE, small: 5e-324, none: 'NaN' });
  expect(text).toContain('"value":-0.0');
});

test('the index gives the order of a metric, however many runs there are', async () => {
  await pool.query(
    `WITH made AS (INSERT INTO runs (id, experiment_id, name, user_id, status, start_time, artifact_uri, created_by)
       SELECT md5(i::text), 0, 'r', 'u', 'FINISHED', i, 'a', 'u' FROM generate_series(1, 5000) i RETURNING id, start_time)
     INSERT INTO latest_metrics (run_id, key, ts, step, value, is_nan, experiment_id)
       SELECT id, 'many', 0, 0, start_time, false, 0 FROM made`,
  );
  await pool.query('ANALYZE runs, latest_metrics');
  const seen: pg.QueryConfig[] = [];
  const spied = {
    query: (query: pg.QueryConfig) => {
      seen.push(query);
      return pool.query(query);
    },
  };
  const order = { experiment_ids: ['0'], max_results: 100, order_by: ['metrics.many DESC'] };
  await searchRuns({ ...context, pool: spied as unknown as pg.Pool }, order);
  const { rows } = await pool.query(`EXPLAIN (FORMAT JSON) ${seen[0]?.text}`, seen[0]?.values);
  const plan = JSON.stringify(rows);
  expect(plan).toContain('latest_metrics_order');
  expect(plan).not.toContain('Seq Scan');
});

test.for([3, 63, 64, 65, 200])(
  'a param of %i characters is found by its whole value alone',
  async (length) => {
    const id = await newRun(`length-${length}`);
    const value = '🎈'.repeat(length);
    await logParam(context, { run_id: id, key: 'long', value });
    const found = async (wanted: string) =>
      (
        await read(await searchRuns(context, { experiment_ids: ['0'], filter: `params.long = '${wanted}'` }))
      ).runs?.map((r) => r.info.run_name);
    expect(await found(value)).toEqual([`length-${length}`]);
    expect(await found(`${value}x`)).toBeUndefined();
    expect((await found(value.slice(0, -2))) ?? []).not.toContain(`length-${length}`);
  },
);

test('a database of the first version is taken over with its points', async () => {
  const old = new URL(postgres.url);
  old.pathname = '/old';
  await pool.query('CREATE DATABASE old');
  const before = openPool(old.toString(), 1);
  before.on('error', () => undefined);
  const first = new URL('../../registry/store/migrations/001-registry.sql', import.meta.url);
  await before.query('CREATE SCHEMA registry');
  await before.query('CREATE TABLE migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())');
  await before.query(await readFile(first, 'utf8'));
  await before.query("INSERT INTO migrations (name) VALUES ('001-registry.sql')");
  await before.query(
    `INSERT INTO runs (id, experiment_id, name, user_id, status, start_time, artifact_uri, created_by)
     SELECT i::text, 0, 'r', 'u', 'RUNNING', i, 'a', 'u' FROM generate_series(1, 40) i`,
  );
  for (const table of ['metrics', 'latest_metrics'])
    await before.query(`INSERT INTO ${table} SELECT id, 'm', 1, 2, 0.5, false FROM runs`);
  await migrate(before);
  await migrate(before);
  const counted = await before.query(
    `SELECT (SELECT count(*) FROM metrics) AS points, (SELECT count(*) FROM latest_metrics WHERE experiment_id = 0) AS latest,
       (SELECT count(*) FROM pg_inherits WHERE inhparent = 'metrics'::regclass) AS parts`,
  );
  expect(counted.rows).toEqual([{ points: '40', latest: '40', parts: '16' }]);
  await before.end();
});
