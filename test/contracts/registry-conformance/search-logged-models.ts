import { type Clauses, COMPARE, named, queries, TEXTS } from './queries.ts';
import { inParallel, tick } from './random.ts';
import type { Scenario } from './session.ts';

type S = Parameters<Scenario>[0];

export const searchLoggedModels: Scenario = async (s) => {
  const { experiment_id } = await s.post('experiment', 'experiments/create', {
    name: 'logged models searched',
  });
  const { run } = await s.post('run', 'runs/create', { experiment_id, start_time: 1, run_name: 'r' });
  const { run_id } = run.info;
  for (let i = 0; i < 8; i += 1) await makeModel(s, experiment_id, run_id, i);
  await ask(s, experiment_id, run_id);
};

const makeModel = async (s: S, experiment_id: string, run_id: string, i: number) => {
  await tick();
  const { model } = await s.post(`create ${i}`, 'logged-models', {
    experiment_id,
    name: i % 2 === 0 ? `tree-${i}` : `Linear_${i}`,
    model_type: ['sklearn', 'onnx'][i % 2],
    ...(i % 3 === 0 && { source_run_id: run_id }),
    params: [{ key: 'depth', value: String(i % 4) }],
    tags: i % 4 === 0 ? [{ key: 'a b', value: `t${i}` }] : [],
  });
  const { model_id } = model.info;
  const dataset = i % 2 === 0 ? { dataset_name: 'test', dataset_digest: `d${i % 3}` } : {};
  const metric = { key: 'auc', value: i / 4, timestamp: 5, step: i, model_id, ...dataset };
  const metrics = i === 5 ? [] : [metric, { ...metric, value: 1 - i / 8, timestamp: 9 }];
  await s.post(`log ${i}`, 'runs/log-batch', { run_id, metrics });
};

const ask = async (s: S, experiment_id: string, run_id: string) => {
  const clauses: Clauses = [
    (r) =>
      `${r.pick(['name', 'attributes.name'])} ${r.pick(TEXTS)} ${r.pick(["'tree-0'", "'%ree%'", "'LINEAR%'"])}`,
    (r) => `name ${r.pick(['IN', 'NOT IN'])} ('tree-0', 'Linear_1')`,
    (r) => `model_type ${r.pick(TEXTS)} ${r.pick(["'sklearn'", "'O%'"])}`,
    (r) => `params.depth ${r.pick(TEXTS)} ${r.pick(["'1'", "'_'"])}`,
    (r) => `tags.\`a b\` ${r.pick(TEXTS)} ${r.pick(["'t4'", "'T%'"])}`,
    (r) => `metrics.auc ${r.pick(COMPARE)} ${r.pick(['0.5', '1', '0.25'])}`,
    (r) =>
      `${r.pick(['creation_timestamp', 'creation_time', 'last_updated_timestamp'])} ${r.pick(COMPARE)} ${r.pick(['5', '99999999999999'])}`,
    () => `source_run_id = '${run_id}'`,
  ];
  const odd = [
    'tags.team IS NULL',
    'metric.auc > 1',
    "name > 'a'",
    'metrics.auc LIKE 1',
    "name = 'a' OR name = 'b'",
    "colours.red = 'x'",
  ];
  const send = (name: string, body: object) =>
    s.post(name, 'logged-models/search', { experiment_ids: [experiment_id], ...body });
  const fields = ['name', 'metrics.auc', 'creation_timestamp', 'model_type'];
  await inParallel(queries(14, 30, clauses, fields, odd), (q, i) => {
    const order_by = q.order_by.map((by) => {
      const [field_name, direction] = by.split(' ');
      return { field_name, ascending: direction?.toUpperCase() !== 'DESC' };
    });
    return send(named({ ...q, filter: q.filter.replaceAll(run_id, 'RUN') }, i), {
      filter: q.filter,
      order_by,
    });
  });
  await send('on a dataset of digest', {
    datasets: [{ dataset_name: 'test', dataset_digest: 'd2' }],
    filter: 'metrics.auc > 0',
  });
  await send('by a metric on a dataset', {
    order_by: [{ field_name: 'metrics.auc', dataset_name: 'test', ascending: false }],
  });
  await send('on a nameless dataset', { datasets: [{ dataset_digest: 'd2' }] });
  await send('by a param', { order_by: [{ field_name: 'params.depth' }] });
  await send('by nonsense', { order_by: [{ field_name: 'colour' }] });
  await s.post('of no experiment', 'logged-models/search', {});
  let page_token: string | undefined;
  for (let page = 0; page < 4; page += 1)
    ({ next_page_token: page_token } = await send(`page ${page}`, {
      max_results: 3,
      page_token,
      order_by: [{ field_name: 'metrics.auc' }],
    }));
  await send('forged token', { page_token: 'zzz' });
};
