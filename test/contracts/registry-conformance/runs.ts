import type { Scenario } from './session.ts';

type S = Parameters<Scenario>[0];

const newRun = async (s: S, step: string, body: object = {}): Promise<string> =>
  (await s.post(step, 'runs/create', { experiment_id: '0', start_time: 1, run_name: 'r', ...body })).run.info
    .run_id;

export const runs: Scenario = async (s) => {
  const tags = [
    { key: 'mlflow.user', value: 'ada' },
    { key: 'mlflow.source.name', value: 'train.py' },
  ];
  const id = await newRun(s, 'create', {
    user_id: 'ada',
    start_time: '1700000000000',
    run_name: 'first',
    tags,
  });
  const body = { run_id: id };
  await s.get('get', 'runs/get', { run_id: id, run_uuid: id });
  await s.get('get by run_uuid', 'runs/get', { run_uuid: id });
  await s.get('get unknown', 'runs/get', { run_id: 'f'.repeat(32) });
  await s.get('get nothing', 'runs/get');
  await s.post('create without a name', 'runs/create', { experiment_id: '0', start_time: 3 });
  await s.post('create without anything', 'runs/create', {});
  await s.post('create with two names', 'runs/create', {
    experiment_id: '0',
    run_name: 'a',
    tags: [{ key: 'mlflow.runName', value: 'b' }],
  });
  await s.post('create with a name as tag', 'runs/create', {
    experiment_id: '0',
    tags: [{ key: 'mlflow.runName', value: 'tagged' }],
  });
  await s.post('create in unknown experiment', 'runs/create', { experiment_id: '99999' });
  await s.post('create with a bad start', 'runs/create', { experiment_id: '0', start_time: 'soon' });
  await s.post('create in camelCase', 'runs/create', { experimentId: '0', runName: 'camel', startTime: 7 });
  for (const [step, change] of [
    ['status by name', { status: 'FINISHED', end_time: 9 }],
    ['status by number', { status: 4 }],
    ['end before start', { end_time: 0 }],
    ['back to running', { status: 'RUNNING' }],
    ['name', { run_name: 'second' }],
    ['empty name', { run_name: '' }],
    ['nothing', {}],
    ['bad end', { end_time: 'late' }],
  ] as const)
    await s.post(`update ${step}`, 'runs/update', { ...body, ...change });
  await s.get('after updates', 'runs/get', body);
  await s.post('update unknown status', 'runs/update', { ...body, status: 'SLEEPING' });
  await s.post('delete', 'runs/delete', body);
  await s.post('delete again', 'runs/delete', body);
  await s.get('deleted is readable', 'runs/get', body);
  for (const [step, path, write] of [
    ['update', 'runs/update', { status: 'FAILED' }],
    ['log-metric', 'runs/log-metric', { key: 'm', value: 1, timestamp: 1 }],
    ['log-parameter', 'runs/log-parameter', { key: 'p', value: '1' }],
    ['set-tag', 'runs/set-tag', { key: 't', value: '1' }],
    ['log-batch', 'runs/log-batch', { params: [{ key: 'p', value: '1' }] }],
    ['log-inputs', 'runs/log-inputs', { datasets: [] }],
  ] as const)
    await s.post(`${step} of a deleted run`, path, { ...body, ...write });
  await s.post('restore', 'runs/restore', body);
  await s.post('restore again', 'runs/restore', body);
  await s.post('delete unknown', 'runs/delete', { run_id: 'f'.repeat(32) });
  await s.post('restore unknown', 'runs/restore', { run_id: 'f'.repeat(32) });
};

export const paramsAndTags: Scenario = async (s) => {
  const id = await newRun(s, 'create');
  const param = (step: string, key: unknown, value?: unknown) =>
    s.post(`param ${step}`, 'runs/log-parameter', { run_id: id, key, value });
  const tag = (step: string, key: unknown, value?: unknown) =>
    s.post(`tag ${step}`, 'runs/set-tag', { run_id: id, key, value });
  await param('plain', 'depth', '3');
  await param('again', 'depth', '3');
  await param('changed', 'depth', '4');
  await param('empty', 'empty', '');
  await param('absent value', 'bare');
  await param('as a number', 'number', 5);
  await param('at the limit', 'long', 'é'.repeat(6000));
  await param('multi-line', 'lines', 'a\nb\t"c" \\ 🙂');
  for (const [name, key] of [
    ['key with a path', 'a/b c.d-e:f_g'],
    ['key of letters of any script', 'größe/学习率'],
    ['key of emoji', 'lr🙂'],
    ['key that climbs', 'a/../b'],
    ['key with a leading slash', '/a'],
    ['key with two slashes', 'a//b'],
    ['key of a dot', '.'],
    ['key with a dot segment', 'a/./b'],
    ['key with a trailing slash', 'a/'],
    ['key with a comma', 'a,b'],
    ['key too long', 'k'.repeat(251)],
    ['key at the limit', 'k'.repeat(250)],
    ['key empty', ''],
    ['key as a number', 7],
  ] as const) {
    await param(name, key, '1');
    await tag(name, key, '1');
  }
  await tag('plain', 'stage', 'dev');
  await tag('overwritten', 'stage', 'prod');
  await tag('absent value', 'bare');
  await tag('as a number', 'number', 5);
  await tag('at the limit', 'long', 'é'.repeat(8000));
  await tag('run name', 'mlflow.runName', 'by tag');
  await s.post('delete tag', 'runs/delete-tag', { run_id: id, key: 'stage' });
  await s.post('delete tag again', 'runs/delete-tag', { run_id: id, key: 'stage' });
  await s.post('delete a tag that never was', 'runs/delete-tag', { run_id: id, key: 'a🙂' });
  await s.get('get', 'runs/get', { run_id: id });
};

export const batches: Scenario = async (s) => {
  const id = await newRun(s, 'create');
  const send = (step: string, body: object) => s.post(step, 'runs/log-batch', { run_id: id, ...body });
  const many = (n: number, of: (i: number) => object) => Array.from({ length: n }, (_, i) => of(i));
  const metric = (i: number) => ({ key: `m${i}`, value: i / 2, timestamp: i, step: i });
  const pair = (i: number) => ({ key: `k${i}`, value: `v${i}` });
  const whole = {
    metrics: [metric(1), metric(1), { ...metric(2), value: 'NaN' }, { key: 'm2', value: 7, timestamp: 3 }],
    params: [pair(1), pair(2)],
    tags: [pair(1), { key: 'k1', value: 'last' }],
  };
  await send('whole', whole);
  await send('whole again', whole);
  await s.get('after it', 'runs/get', { run_id: id });
  await send('empty', {});
  await send('empty lists', { metrics: [], params: [], tags: [] });
  await send('1000 metrics', { metrics: many(1000, metric) });
  await send('1001 metrics', { metrics: many(1001, metric) });
  await send('100 params', { params: many(100, pair) });
  await send('101 params', { params: many(101, pair) });
  await send('100 tags', { tags: many(100, pair) });
  await send('101 tags', { tags: many(101, pair) });
  await send('1001 in all', { metrics: many(950, metric), params: many(51, pair) });
  await send('a param twice', { params: [pair(1), pair(1)] });
  await send('a changed param', {
    params: [{ key: 'k1', value: 'other' }],
    metrics: [{ ...metric(9), key: 'new' }],
  });
  await s.post('no run', 'runs/log-batch', { metrics: [] });
  await s.post('unknown run', 'runs/log-batch', { run_id: 'f'.repeat(32), metrics: [metric(1)] });
  for (const [step, bad] of [
    ['metric without key', { metrics: [{ value: 1, timestamp: 1 }] }],
    ['metric without value', { metrics: [{ key: 'a', timestamp: 1 }] }],
    ['metric without time', { metrics: [{ key: 'a', value: 1 }] }],
    ['metric of bad name', { metrics: [{ key: 'a,b', value: 1, timestamp: 1 }] }],
    ['param without key', { params: [{ value: 'x' }] }],
    ['tag without key', { tags: [{ value: 'x' }] }],
    ['metrics are no list', { metrics: 'abc' }],
    ['metric is a text', { metrics: ['abc'] }],
    ['param key too long', { params: [{ key: 'k'.repeat(251), value: '1' }] }],
  ] as const)
    await send(step, bad);
  await s.get('at the end', 'runs/get', { run_id: id });
};

export const inputs: Scenario = async (s) => {
  const id = await newRun(s, 'create');
  const dataset = {
    name: 'sales',
    digest: 'abc',
    source_type: 'local',
    source: '{"uri":"a"}',
    schema: '{}',
    profile: '{}',
  };
  const context = { key: 'mlflow.data.context', value: 'train' };
  const send = (step: string, body: object) => s.post(step, 'runs/log-inputs', { run_id: id, ...body });
  await send('dataset', { datasets: [{ dataset, tags: [context] }] });
  await send('same dataset again', { datasets: [{ dataset, tags: [context] }] });
  await send('same name, other digest', { datasets: [{ dataset: { ...dataset, digest: 'def' } }] });
  await s.get('get', 'runs/get', { run_id: id });
  for (const [step, change] of [
    ['without source type', { source_type: undefined }],
    ['without source', { source: undefined }],
    ['name too long', { name: 'n'.repeat(501) }],
    ['digest too long', { digest: 'd'.repeat(37) }],
    ['source too long', { source: 's'.repeat(65_536) }],
    ['schema too long', { schema: 's'.repeat(1_048_576) }],
  ] as const)
    await send(`dataset ${step}`, { datasets: [{ dataset: { ...dataset, ...change } }] });
  await send('tag key too long', { datasets: [{ dataset, tags: [{ key: 'k'.repeat(256), value: '' }] }] });
  await send('tag value too long', { datasets: [{ dataset, tags: [{ key: 'k', value: 'v'.repeat(501) }] }] });
  await send('datasets are no list', { datasets: 'abc' });
  await send('nothing', {});
  const { model } = await s.post('logged model', 'logged-models', { experiment_id: '0', name: 'linked' });
  await send('model', { models: [{ model_id: model.info.model_id }] });
  await s.post('outputs', 'runs/outputs', {
    run_id: id,
    models: [{ model_id: model.info.model_id, step: 4 }],
  });
  await s.post('outputs again', 'runs/outputs', {
    run_id: id,
    models: [{ model_id: model.info.model_id, step: 4 }],
  });
  await s.post('outputs without models', 'runs/outputs', { run_id: id });
  await s.post('outputs of unknown run', 'runs/outputs', {
    run_id: 'f'.repeat(32),
    models: [{ model_id: 'm-1' }],
  });
  await s.get('with models', 'runs/get', { run_id: id });
  const other = await newRun(s, 'create another');
  const nameless = (step: string, datasets: object[]) =>
    s.post(step, 'runs/log-inputs', { run_id: other, datasets });
  await nameless('dataset without name', [{ dataset: { ...dataset, name: undefined } }]);
  await nameless('dataset without digest', [{ dataset: { ...dataset, digest: undefined } }]);
  await nameless('no dataset inside', [{ tags: [context] }]);
  const flavors = { artifact_path: 'model', flavors: {}, utc_time_created: '2026-01-01', run_id: id };
  await s.post('model of a 2.x client', 'runs/log-model', {
    run_id: id,
    model_json: JSON.stringify(flavors),
  });
  await s.post('model that is no JSON', 'runs/log-model', { run_id: id, model_json: '{' });
  await s.post('model without flavors', 'runs/log-model', { run_id: id, model_json: '{"run_id":"x"}' });
};
