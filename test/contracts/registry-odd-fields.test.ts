import { ROUTES } from '@assay/registry-server/routes';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

// MLflow's clients repeat a 500 for minutes: what the sender got wrong must never be one

type Fields = Readonly<Record<string, unknown>>;
interface Told {
  readonly status: number;
  readonly error_code?: string;
  readonly message?: string;
}

const MODEL = 'odd';
/** What no field is: text that no database holds, other types, numbers beyond all limits. */
const ODD: Fields = {
  NUL: 'a\0b',
  'half a character': 'a\uD800',
  'out of the folder': '../../%2e%2e/etc/passwd',
  'an object': { a: { b: [] } },
  lists: [[], [[1]]],
  'beyond int64': '99999999999999999999',
  negative: -1,
};
/** These end what the others speak about, so they come last. */
const ENDS = /\/(delete|rename)$|^DELETE /;

let registry: TestRegistry;
let fields: Fields;
beforeAll(async () => {
  registry = await startTestRegistry();
  const { experiment_id } = await made('experiments/create', { name: MODEL });
  const { run } = await made('runs/create', { experiment_id, start_time: 1 });
  const { model } = await made('logged-models', { experiment_id, name: 'logged' });
  await made('registered-models/create', { name: MODEL });
  await made('model-versions/create', { name: MODEL, source: 's3://bucket/model' });
  fields = everyField(experiment_id, run.info.run_id, model.info.model_id);
}, 60_000);
afterAll(() => registry?.[Symbol.asyncDispose]());

/** Every field that some call reads, with a value that is fine; calls ignore those that are not theirs. */
const everyField = (experiment: string, run: string, model: string): Fields => ({
  ...{ experiment_id: experiment, experiment_name: MODEL, experiment_ids: [experiment] },
  ...{
    run_id: run,
    run_ids: [run],
    run_name: 'r',
    user_id: 'u',
    start_time: 1,
    end_time: 2,
    status: 'FINISHED',
  },
  ...{ name: MODEL, new_name: 'other', version: '1', alias: 'mine', stage: 'Staging', stages: ['Staging'] },
  ...{
    key: 'k',
    value: '1',
    timestamp: 1,
    step: 1,
    metric_key: 'k',
    start_step: 0,
    end_step: 9,
    description: 'd',
  },
  ...{
    source: 's3://bucket/model',
    run_link: 'l',
    artifact_location: 's3://bucket',
    path: 'p',
    artifact_directory_path: 'p',
  },
  ...{ filter: '', order_by: [], max_results: 5, page_token: '', view_type: 'ALL', run_view_type: 'ALL' },
  ...{
    tags: [{ key: 'k', value: 'v' }],
    params: [{ key: 'p', value: 'v' }],
    model_json: '{}',
    model_type: 't',
  },
  metrics: [
    { key: 'm', value: 1, timestamp: 1, step: 1, model_id: model, dataset_name: 'd', dataset_digest: 'e' },
  ],
  datasets: [
    { dataset: { name: 'd', digest: 'e', source_type: 's', source: 's' }, tags: [{ key: 'k', value: 'v' }] },
  ],
  models: [{ model_id: model, step: 1 }],
  id: model,
});

// biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
async function made(path: string, body: object): Promise<any> {
  return send('POST', path, { ...body });
}

async function send(method: string, path: string, given: Fields): Promise<Told> {
  const filled = path.replaceAll(/:(id|key)/g, (_, name: string) =>
    encodeURIComponent(wellFormed(given[name])),
  );
  const pairs = Object.entries(given).flatMap(([k, v]) =>
    (Array.isArray(v) ? v : [v]).map((one) => [k, wellFormed(one)]),
  );
  const query = method === 'GET' ? `?${new URLSearchParams(pairs)}` : '';
  const response = await fetch(`${registry.url}/api/2.0/mlflow/${filled}${query}`, {
    method,
    headers: { authorization: `Bearer ${TOKENS.scientist}`, 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: JSON.stringify(given) }),
  });
  return { ...((await response.json()) as object), status: response.status };
}

/** As a URL can hold it. */
const wellFormed = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();

/** The value with each of its parts in turn, and itself, made odd. */
function* madeOdd(value: unknown, odd: unknown): Generator<unknown> {
  yield odd;
  if (typeof value !== 'object' || value === null) return;
  for (const [k, part] of Object.entries(value))
    for (const other of madeOdd(part, odd))
      yield Array.isArray(value) ? value.with(Number(k), other) : { ...value, [k]: other };
}

type Row = readonly [method: string, path: string];
/** The call with one of its fields made odd; what a call takes an object for, it does not read. */
async function* requests([method, path]: Row): AsyncGenerator<readonly [given: Fields, what: string]> {
  for (const [name, value] of Object.entries(fields)) {
    if ((await send(method, path, { ...fields, [name]: ODD['an object'] })).status < 400) continue;
    for (const [what, odd] of Object.entries(ODD))
      for (const other of madeOdd(value, odd))
        yield [{ ...fields, [name]: other }, `${method} ${path}: ${name} is ${what}`];
  }
}

test('an odd field of any call is refused or harmless, and says so', async () => {
  const wrong: string[] = [];
  const seen = { refused: 0, fine: 0 };
  const judge = async (row: Row) => {
    for await (const [given, what] of requests(row)) {
      const { status, error_code, message } = await send(...row, given);
      if (status >= 400) seen.refused += 1;
      else seen.fine += 1;
      const isClear = status < 400 || (status < 500 && error_code !== undefined && /\S/.test(message ?? ''));
      // MLflow's own answer to a rename of what is deleted
      if (!isClear && error_code !== 'INVALID_STATE')
        wrong.push(`${what}: ${status} ${error_code} ${message}`);
    }
  };
  const rows = ROUTES.map(([method, path]): Row => [method, path]);
  const [kept, ending] = [
    rows.filter((r) => !ENDS.test(r.join(' '))),
    rows.filter((r) => ENDS.test(r.join(' '))),
  ];
  await Promise.all(kept.map(judge));
  await Promise.all(ending.map(judge));
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(seen.refused).toBeGreaterThan(1_000);
  expect(seen.fine).toBeGreaterThan(100);
}, 240_000);

test('a failure of our own is INTERNAL_ERROR and shows nothing of the inside', async () => {
  const db = new pg.Client({ connectionString: registry.database, options: '-c search_path=registry' });
  await db.connect();
  await db.query('ALTER TABLE registered_models RENAME TO hidden');
  const answer = await send('GET', 'registered-models/get', { name: MODEL });
  await db.query('ALTER TABLE hidden RENAME TO registered_models');
  await db.end();
  expect(answer).toMatchObject({ status: 500, error_code: 'INTERNAL_ERROR' });
  expect(answer.message).not.toMatch(/registered_models|relation|SELECT/i);
});
