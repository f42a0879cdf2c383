import type { Scenario } from './session.ts';

type S = Parameters<Scenario>[0];
const newRun = async (s: S, step: string): Promise<string> =>
  (await s.post(step, 'runs/create', { experiment_id: '0', start_time: 1, run_name: 'r' })).run.info.run_id;

export const metrics: Scenario = async (s) => {
  const id = await newRun(s, 'create');
  const log = (step: string, fields: string) =>
    s.post(step, 'runs/log-metric', `{"run_id":"${id}",${fields}}`);
  for (const [step, value] of [
    ['integer', '3'],
    ['NaN', '"NaN"'],
    ['infinity', '"Infinity"'],
    ['minus infinity', '"-Infinity"'],
    ['denormal', '5e-324'],
    ['minus zero', '-0.0'],
    ['largest', '1.7976931348623157e308'],
    ['number as text', '"2.5"'],
    ['tenth', '0.1'],
    ['beyond 2^53', '9007199254740993'],
  ] as const) {
    await log(`log ${step}`, `"key":"${step.replace('^', '_')}","value":${value},"timestamp":5,"step":1`);
  }
  await s.get('get', 'runs/get', { run_id: id });
  const history = (step: string, metric_key: string, more: object = {}) =>
    s.get(step, 'metrics/get-history', { run_id: id, metric_key, ...more });
  for (const key of ['NaN', 'infinity', 'minus infinity', 'denormal', 'minus zero'])
    await history(`history of ${key}`, key);
  await log('far', '"key":"far","value":1,"timestamp":9223372036854775807,"step":-9223372036854775808');
  await log(
    'far as text',
    '"key":"far","value":1,"timestamp":"9223372036854775806","step":"9223372036854775807"',
  );
  await history('history of far', 'far');
  for (const [step, fields] of [
    ['no key', '"value":1,"timestamp":1'],
    ['no value', '"key":"a","timestamp":1'],
    ['no timestamp', '"key":"a","value":1'],
    ['null value', '"key":"a","value":null,"timestamp":1'],
    ['text', '"key":"a","value":"abc","timestamp":1'],
    ['empty text', '"key":"a","value":"","timestamp":1'],
    ['list', '"key":"a","value":[1],"timestamp":1'],
    ['timestamp of text', '"key":"a","value":1,"timestamp":"soon"'],
    ['step of text', '"key":"a","value":1,"timestamp":1,"step":"first"'],
    ['bad name', '"key":"a,b","value":1,"timestamp":1'],
  ] as const)
    await log(`refused: ${step}`, fields);
  await s.post('unknown run', 'runs/log-metric', {
    run_id: 'f'.repeat(32),
    key: 'a',
    value: 1,
    timestamp: 1,
  });
};

/** Latest is the largest (step, timestamp, value), whatever came last. */
export const histories: Scenario = async (s) => {
  const [one, two] = [await newRun(s, 'create one'), await newRun(s, 'create two')];
  const points = [
    [5, 3, 2],
    [4, 3, 9],
    [9, 1, 3],
    [5, 3, 2],
    [5, 3, 7],
    [1, 0, 1],
  ].map(([timestamp, step, value]) => ({ key: 'loss', timestamp, step, value }));
  await s.post('points', 'runs/log-batch', { run_id: one, metrics: points });
  await s.get('latest', 'runs/get', { run_id: one });
  await s.post('late point', 'runs/log-metric', {
    run_id: one,
    key: 'loss',
    timestamp: 99,
    step: 2,
    value: 50,
  });
  await s.post('late NaN', 'runs/log-metric', {
    run_id: one,
    key: 'loss',
    timestamp: 5,
    step: 3,
    value: 'NaN',
  });
  await s.get('still the latest', 'runs/get', { run_id: one });
  const steps = Array.from({ length: 60 }, (_, i) => ({
    key: 'loss',
    timestamp: 100 + i,
    step: i * 2,
    value: i,
  }));
  await s.post('second run', 'runs/log-batch', { run_id: two, metrics: steps });
  const get = (step: string, more: object) =>
    s.get(step, 'metrics/get-history', { run_id: one, metric_key: 'loss', ...more });
  await get('whole', {});
  const first = await get('page of two', { max_results: 2 });
  const next = await get('second page', { max_results: 2, page_token: first.next_page_token });
  await get('third page', { max_results: 4, page_token: next.next_page_token });
  await get('page of none', { max_results: 0 });
  await get('negative page', { max_results: -1 });
  await get('unknown key', { metric_key: 'gain' });
  await get('unknown run', { run_id: 'f'.repeat(32) });
  await get('forged token', { max_results: 2, page_token: 'zzz' });
  await s.get('no key', 'metrics/get-history', { run_id: one });
  await bulk(s, one, two);
};

const bulk = async (s: S, one: string, two: string) => {
  const at = (step: string, query: Parameters<S['get']>[2]) =>
    s.get(`bulk ${step}`, '/ajax-api/2.0/mlflow/metrics/get-history-bulk', query);
  await at('of one run', { run_id: two, metric_key: 'loss' });
  await at('limited', { run_id: [two], metric_key: 'loss', max_results: 3 });
  await at('with NaN', { run_id: one, metric_key: 'loss' });
  await at('without run', { metric_key: 'loss' });
  await at('without key', { run_id: one });
  await at('of 101 runs', { run_id: Array.from({ length: 101 }, () => one), metric_key: 'loss' });
  await at('unknown key', { run_id: one, metric_key: 'gain' });
  const sampled = (step: string, query: Parameters<S['get']>[2]) =>
    s.get(`interval ${step}`, 'metrics/get-history-bulk-interval', { metric_key: 'loss', ...query });
  await sampled('of one run', { run_ids: [two], max_results: 7 });
  await sampled('of everything', { run_ids: [two] });
  await sampled('between steps', { run_ids: [two], start_step: 10, end_step: 50, max_results: 5 });
  await sampled('of two runs', { run_ids: [one], max_results: 2 });
  await sampled('of one point', { run_ids: [two], max_results: 1 });
  await sampled('with one bound', { run_ids: [two], start_step: 10 });
  await sampled('with bounds the wrong way', { run_ids: [two], start_step: 10, end_step: 5 });
  await sampled('of too many', { run_ids: [two], max_results: 2501 });
  await sampled('of none', { run_ids: [two], max_results: 0 });
  await sampled('without runs', {});
  await sampled('unknown key', { run_ids: [two], metric_key: 'gain' });
  await s.get('interval under ajax-api', '/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval', {
    metric_key: 'loss',
    run_ids: [two],
    max_results: 3,
  });
};
