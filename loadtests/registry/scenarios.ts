import type { Client } from './client.ts';
import { batch, benchRun, FIRST_MS, HISTORY_RUN } from './data.ts';

export interface Sizes {
  readonly runs: number;
  readonly versions: number;
  readonly history: number;
}

/** One question: an operation that is repeated, by how many clients at once, and what one repetition is worth. */
export interface Scenario {
  readonly name: string;
  readonly clients: number;
  /** What `perOperation` of are in one operation; a rate is shown instead of a time when it is given. */
  readonly counts?: { readonly unit: string; readonly perOperation: number };
  /** Reads answer the same everywhere, and this is what is compared. */
  readonly same?: (answer: string) => unknown;
  readonly operation: (client: Client, n: number) => Promise<string>;
}

interface Answer {
  readonly runs: readonly { readonly info: { readonly run_id: string } }[];
  readonly model_versions: readonly { readonly name: string; readonly version: string | number }[];
  readonly metrics: readonly { readonly value: number; readonly step: number }[];
  readonly run: { readonly info: { readonly run_id: string } };
  readonly experiment: { readonly name: string };
  readonly next_page_token?: string;
}
const read = (answer: string): Answer => JSON.parse(answer) as Answer;
const runIds = (answer: string) => read(answer).runs.map((r) => r.info.run_id);
const versionNames = (answer: string) => read(answer).model_versions.map((v) => `${v.name}/${v.version}`);
const points = (answer: string) => read(answer).metrics.map((m) => `${m.step} ${m.value}`);

const searchBody = (max: number, filter?: string, order?: string, token?: string): string =>
  JSON.stringify({
    experiment_ids: ['0'],
    max_results: max,
    filter,
    order_by: [order ?? 'attributes.start_time DESC'],
    page_token: token,
  });

const search = (name: string, max: number, filter?: string, order?: string): Scenario => ({
  name,
  clients: 1,
  same: runIds,
  operation: (client) => client.ask('POST', 'runs/search', searchBody(max, filter, order)),
});

const small = (name: string, path: string, same: (answer: string) => unknown): Scenario => ({
  name,
  clients: 1,
  same,
  operation: (client) => client.ask('GET', path),
});

const versionSearch = (name: string, filter: string, max: number): Scenario =>
  small(
    name,
    `model-versions/search?filter=${encodeURIComponent(filter)}&max_results=${max}&order_by=name&order_by=version_number`,
    versionNames,
  );

const wholeRun = async (client: Client, n: number): Promise<string> => {
  const created = await client.ask(
    'POST',
    'runs/create',
    JSON.stringify({ experiment_id: '0', start_time: n, run_name: `new-${n}` }),
  );
  const id = read(created).run.info.run_id;
  await client.ask('POST', 'runs/log-batch', batch(id, 100, n));
  const finish = { run_id: id, status: 'FINISHED', end_time: FIRST_MS + n };
  return client.ask('POST', 'runs/update', JSON.stringify(finish));
};
const wholeRuns = (clients: number): Scenario => ({
  name: `create_run + log_batch of 100 + finish, ${clients} client${clients === 1 ? '' : 's'}`,
  clients,
  counts: { unit: 'runs/s', perOperation: 1 },
  operation: wholeRun,
});

const HISTORY = `metrics/get-history?run_id=${HISTORY_RUN.id}&metric_key=curve`;
/** Any model that was loaded. */
const MODEL = 'bench-0001';
const FILTER = "metrics.accuracy > 0.5 AND params.model = 'gbm'";
const ORDER = 'metrics.accuracy DESC';

export const READS: readonly Scenario[] = [
  search('search by metric and param, by metric, first 100', 100, FILTER, ORDER),
  search('search by metric, 1,000 answered', 1000, undefined, ORDER),
  search('newest 100 runs', 100),
  versionSearch('versions by prefix, first 100', "name LIKE 'bench-%'", 100),
  versionSearch('versions by prefix, 2,000 answered', "name LIKE 'bench-%'", 2000),
  versionSearch("one model's 100 versions", `name = '${MODEL}'`, 100),
  small('history of 10,000 points', `${HISTORY}&max_results=10000`, points),
  small('small call: experiments/get', 'experiments/get?experiment_id=0', (a) => read(a).experiment.name),
  small('small call: runs/get', `runs/get?run_id=${benchRun(1).id}`, (a) => read(a).run.info.run_id),
];

export const WRITES: readonly Scenario[] = [
  wholeRuns(1),
  wholeRuns(8),
  {
    name: 'batches of 1,000 metrics',
    clients: 1,
    counts: { unit: 'points/s', perOperation: 1000 },
    operation: (client, n) => client.ask('POST', 'runs/log-batch', batch(HISTORY_RUN.id, 1000, n)),
  },
  {
    name: 'small call: runs/log-metric',
    clients: 1,
    operation: (client, n) =>
      client.ask(
        'POST',
        'runs/log-metric',
        JSON.stringify({ run_id: benchRun(0).id, key: 'live', value: n, timestamp: FIRST_MS + n, step: n }),
      ),
  },
];

/** Goes `pages` on once per registry, then asks for the page there again and again. */
const deep = (
  name: string,
  pages: number,
  ask: (client: Client, token: string | undefined, max: number) => Promise<string>,
): Scenario => {
  const tokens = new Map<Client, Promise<string | undefined>>();
  const walk = async (client: Client): Promise<string | undefined> => {
    let token: string | undefined;
    for (let page = 0; page < pages; page++) token = read(await ask(client, token, 1000)).next_page_token;
    return token;
  };
  const tokenOf = (client: Client) => {
    const known = tokens.get(client) ?? walk(client);
    tokens.set(client, known);
    return known;
  };
  return { name, clients: 1, operation: async (client) => ask(client, await tokenOf(client), 100) };
};

const SAMPLED = `metrics/get-history-bulk-interval?run_ids=${HISTORY_RUN.id}&metric_key=curve&max_results=1000`;

/** Beside the others, where a registry that counts rows from the start would show it. */
export const DEEP: readonly Scenario[] = [
  small('history as a chart of 1,000 points', SAMPLED, points),
  deep('search by metric and param, by metric, 100 after 1,000', 1, (client, token, max) =>
    client.ask('POST', 'runs/search', searchBody(max, FILTER, ORDER, token)),
  ),
  deep('history, 100 points after 9,000', 9, (client, token, max) =>
    client.ask('GET', `${HISTORY}&max_results=${max}${token === undefined ? '' : `&page_token=${token}`}`),
  ),
];
