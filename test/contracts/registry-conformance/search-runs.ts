import { inParallel, type Random, random } from './random.ts';
import type { Scenario } from './session.ts';

type S = Parameters<Scenario>[0];

const METRICS = [0, 0.5, 1, -1, 1e-9, 1e300, 'NaN', 'Infinity', '-Infinity', undefined, 2.5, 0.5] as const;
const KINDS = ['tree', 'Tree', 'linear', 'a_b', 'a%b', '50%', '', "it's", undefined] as const;
const TEAMS = ['ads', 'pricing', 'ADS', undefined, 'search'] as const;
const STATUSES = ['RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'SCHEDULED'] as const;

const pairs = (all: Record<string, string | undefined>) =>
  Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));

const makeRun = async (s: S, experiment_id: string, i: number): Promise<string> => {
  const created = await s.post(`create run ${i}`, 'runs/create', {
    experiment_id,
    user_id: i % 3 === 0 ? 'ada' : 'bob',
    start_time: 1000 + ((i * 7) % 18),
    run_name: i % 4 === 0 ? `Run ${i}` : `run-${i}`,
    tags: pairs({ team: TEAMS[i % TEAMS.length], 'a b/c.d': `v${i % 3}` }),
  });
  const { run_id } = created.run.info;
  const loss = METRICS[i % METRICS.length];
  const metrics = [
    ...(loss === undefined ? [] : [{ key: 'loss', value: loss, timestamp: 5, step: 1 }]),
    ...(i % 2 === 0 ? [{ key: 'val/auc score', value: i / 10, timestamp: 5, step: 1 }] : []),
  ];
  const params = pairs({
    kind: KINDS[i % KINDS.length],
    depth: String(i % 4),
    'opt.lr': i % 5 === 0 ? '0.1' : undefined,
  });
  await s.post(`log run ${i}`, 'runs/log-batch', { run_id, metrics, params });
  if (i % 3 === 0) {
    const dataset = { name: `data${i % 2}`, digest: `d${i % 4}`, source_type: 'local', source: 's' };
    const tags = [{ key: 'mlflow.data.context', value: i % 2 === 0 ? 'train' : 'eval' }];
    await s.post(`input of run ${i}`, 'runs/log-inputs', { run_id, datasets: [{ dataset, tags }] });
  }
  const end_time = i % 3 === 1 ? 2000 + i : undefined;
  await s.post(`end run ${i}`, 'runs/update', { run_id, status: STATUSES[i % STATUSES.length], end_time });
  return run_id;
};

const COMPARE = ['=', '!=', '<', '<=', '>', '>='] as const;
const TEXTS = ['=', '!=', 'LIKE', 'ILIKE', 'like', 'Ilike'] as const;
const PATTERNS = [
  "'tree'",
  "'t%'",
  "'%E%'",
  "'a_b'",
  "'_ree'",
  "'%'",
  "''",
  '"it\'s"',
  "'a\\%'",
  '"tree"',
] as const;
const NUMBERS = ['0', '0.5', '-1', '1e-9', '1e300', '2', '1000.0', '1e-400', '.5', '1e+300'] as const;

const clause = (r: Random): string =>
  r.pick<() => string>([
    () => `${r.pick(['metrics', 'metric'])}.loss ${r.pick(COMPARE)} ${r.pick(NUMBERS)}`,
    () => `metrics.${r.pick(['`val/auc score`', '"val/auc score"'])} ${r.pick(COMPARE)} ${r.pick(NUMBERS)}`,
    () =>
      `${r.pick(['params', 'param', 'parameter', 'parameters'])}.kind ${r.pick(TEXTS)} ${r.pick(PATTERNS)}`,
    () =>
      `params.${r.pick(['depth', 'opt.lr', '`opt.lr`', 'none'])} ${r.pick(TEXTS)} ${r.pick(["'1'", "'0.1'", "'%'"])}`,
    () => `${r.pick(['tags', 'tag'])}.team ${r.pick(TEXTS)} ${r.pick(["'ads'", "'%d%'", "'ADS'"])}`,
    () => `tags.\`a b/c.d\` ${r.pick(TEXTS)} ${r.pick(["'v1'", "'v_'"])}`,
    () =>
      `${r.pick(['tags.team', 'params.kind', 'params.none'])} ${r.pick(['IS NULL', 'IS NOT NULL', 'is null'])}`,
    () =>
      `${r.pick(['attributes.', 'attribute.', 'attr.', 'run.', ''])}status ${r.pick(TEXTS)} ${r.pick(["'FINISHED'", "'%ED'", "'failed'"])}`,
    () =>
      `${r.pick(['attributes.run_name', 'run_name', '`run name`', 'attributes.`Run name`'])} ${r.pick(TEXTS)} ${r.pick(["'run-1'", "'RUN%'", "'Run 4'"])}`,
    () => `user_id ${r.pick(TEXTS)} ${r.pick(["'ada'", "'A%'"])}`,
    () =>
      `${r.pick(['start_time', 'attributes.start_time', 'created', 'attributes.Created'])} ${r.pick(COMPARE)} ${r.pick(['1005', '1010', '1009.5'])}`,
    () => `end_time ${r.pick(COMPARE)} ${r.pick(['2004', '0'])}`,
    () => `attributes.run_id ${r.pick(['IN', 'NOT IN', 'in'])} ('{0}', '{5}', "{7}")`,
    () => `run_id ${r.pick(['=', '!='])} '{3}'`,
    () =>
      `${r.pick(['dataset', 'datasets'])}.${r.pick(['name', 'digest', 'context'])} ${r.pick([...TEXTS, '='])} ${r.pick(["'data0'", "'d1'", "'train'", "'D%'"])}`,
    () =>
      `dataset.${r.pick(['name', 'digest', 'context'])} ${r.pick(['IN', 'NOT IN'])} ('data1', 'd0', 'eval')`,
  ])();

/** Up to `n` fields, none twice: that is a row of its own. */
const orders = (r: Random, n: number): string[] => {
  const column = (by: string) =>
    by
      .replace(/ .*|attributes\./g, '')
      .replace('Created', 'start_time')
      .replace(/[`"].*/, 'quoted');
  const made = Array.from({ length: n }, () => order(r));
  return made.filter((by, i) => made.findIndex((other) => column(other) === column(by)) === i);
};

const order = (r: Random): string =>
  r.pick([
    'metrics.loss',
    'metrics.`val/auc score`',
    'params.kind',
    'params.depth',
    'params.opt.lr',
    'tags.team',
    'start_time',
    'attributes.start_time',
    'end_time',
    'status',
    'attributes.run_name',
    'user_id',
    'Created',
    'metrics.none',
    'tags."a b/c.d"',
  ]) + r.pick(['', ' ASC', ' DESC', ' desc', ' asc']);

/** Filters that one of the two might take for something else. */
const ODD = [
  "metrics.loss > '1'",
  'params.depth = 1',
  "params.kind = 'a' OR params.kind = 'b'",
  "NOT params.kind = 'a'",
  "(params.kind = 'a')",
  'params.kind = tree',
  'params.kind',
  '= 1',
  "params.kind = 'tree",
  'metrics.loss > 0 AND',
  'metrics.loss > 0 metrics.loss < 1',
  'metrics.loss > 0, metrics.loss < 1',
  'metrics.loss IS NULL',
  'status IS NULL',
  "params.kind IN ('tree')",
  "status IN ('FINISHED')",
  "params.kind > 'a'",
  "metrics.loss LIKE '1'",
  'start_time LIKE 1',
  "start_time = '1005'",
  "colours.red = '1'",
  "attributes.colour = '1'",
  "dataset.colour = '1'",
  'Metrics.loss > 1',
  "tags.team = 'ads'; DROP TABLE runs",
  "tags.team = 'x' -- comment",
  'run_id IN ()',
  "run_id IN ('a',)",
  'run_id IN (1, 2)',
  "run_id IN 'a'",
  "tags.`team = 'ads'",
  'metrics.loss > 1 > 0',
  'metrics.loss >> 0',
  'metrics.loss == 0',
  'metrics.loss <> 0',
  "tags.team = ''",
  '   ',
] as const;
const ODD_ORDERS = [
  'colours.red',
  'status sideways',
  'metrics.loss ASC DESC',
  'dataset.name',
  '',
  'start_time,end_time',
] as const;

export const searchRuns: Scenario = async (s) => {
  const { experiment_id } = await s.post('experiment', 'experiments/create', { name: 'searched' });
  const ids: string[] = [];
  for (let i = 0; i < 18; i += 1) ids.push(await makeRun(s, experiment_id, i));
  await s.post('delete one', 'runs/delete', { run_id: ids[17] });
  const fill = (filter: string) => filter.replace(/\{(\d+)\}/g, (_, i: string) => ids[Number(i)] ?? '');
  const r = random(20_260_303);
  const queries = Array.from({ length: 110 }, () => ({
    filter: Array.from({ length: r.below(4) }, () => clause(r)).join(r.pick([' AND ', ' and '])),
    order_by: orders(r, r.below(3)),
    run_view_type: r.pick(['ACTIVE_ONLY', 'ALL', 'DELETED_ONLY', undefined, 'ACTIVE_ONLY']),
  }));
  const ask = (name: string, body: { filter?: string }) =>
    s.post(name, 'runs/search', {
      experiment_ids: [experiment_id],
      ...body,
      filter: fill(body.filter ?? ''),
    });
  await inParallel(queries, (q, i) => ask(`${i}: ${q.filter} by ${q.order_by} of ${q.run_view_type}`, q));
  await inParallel(ODD, (filter) => ask(`odd: ${filter}`, { filter }));
  await inParallel(ODD_ORDERS, (by) => ask(`odd order: ${by}`, { order_by: [by] } as object));
  await ask('twice', { order_by: ['start_time', 'Created'] } as object);
  await s.post('of unknown experiment', 'runs/search', { experiment_ids: ['99999'] });
  await s.post('of none', 'runs/search', {});
  for (const max_results of [0, -1, 50_001, 'ten'])
    await ask(`page of ${max_results}`, { max_results } as object);
  for (const page_token of ['zzz', 'eyJvZmZzZXQiOiAieCJ9', '{}', 'W10=', 'bnVsbA'])
    await ask(`token ${page_token}`, { page_token } as object);
  await pages(s, ask);
};

const pages = async (s: S, ask: (name: string, body: object) => Promise<{ next_page_token?: string }>) => {
  const r = random(7);
  for (let walk = 0; walk < 5; walk += 1) {
    const order_by = [order(r), ...(r.chance(0.5) ? ['tags.`a b/c.d` DESC'] : [])];
    let page_token: string | undefined;
    for (let page = 0; page < 9; page += 1) {
      const answer = await ask(`walk ${walk} by ${order_by}, page ${page}`, {
        order_by,
        max_results: 5,
        page_token,
      });
      page_token = answer.next_page_token;
      if (page_token === undefined) break;
    }
    s.note(`walk ${walk} ends`, { status: page_token === undefined ? 1 : 0 });
  }
};
