import type { Scenario } from './session.ts';

export const experiments: Scenario = async (s) => {
  await s.get('default', 'experiments/get', { experiment_id: '0' });
  const { experiment_id: id } = await s.post('create', 'experiments/create', {
    name: 'conf/a & 🙂 é',
    tags: [
      { key: 'team', value: 'pricing' },
      { key: 'empty', value: '' },
    ],
  });
  await s.get('get', 'experiments/get', { experiment_id: id });
  await s.get('by name', 'experiments/get-by-name', { experiment_name: 'conf/a & 🙂 é' });
  await s.get('by name in other case', 'experiments/get-by-name', { experiment_name: 'CONF/A & 🙂 é' });
  await s.get('by unknown name', 'experiments/get-by-name', { experiment_name: 'nobody' });
  await s.post('taken', 'experiments/create', { name: 'conf/a & 🙂 é' });
  const { experiment_id: located } = await s.post('with a location', 'experiments/create', {
    name: 'located',
    artifact_location: 's3://bucket/folder',
  });
  await s.get('located', 'experiments/get', { experiment_id: located });
  await s.post('camelCase location', 'experiments/create', {
    name: 'camel',
    artifactLocation: 's3://bucket/camel',
  });
  await s.get('located by camelCase', 'experiments/get-by-name', { experiment_name: 'camel' });
  await s.post('two spellings', 'experiments/create', {
    name: 'two',
    artifactLocation: 's3://b/a',
    artifact_location: 's3://b/b',
  });
  await s.post('null is absent', 'experiments/create', {
    name: 'nulls',
    artifact_location: null,
    tags: null,
  });
  await s.post('unknown field', 'experiments/create', { name: 'unknown field', colour: 'red' });
  for (const [step, body] of [
    ['no name', {}],
    ['empty name', { name: '' }],
    ['name is a number', { name: 5 }],
    ['name is a list', { name: ['a'] }],
    ['tags are no list', { name: 'x', tags: 'a' }],
    ['tag key too long', { name: 'x1', tags: [{ key: 'k'.repeat(251), value: 'v' }] }],
    ['long name', { name: 'n'.repeat(501) }],
  ] as const)
    await s.post(step, 'experiments/create', body);
  await s.post('set tag', 'experiments/set-experiment-tag', { experiment_id: id, key: 'team', value: 'ads' });
  await s.post('set tag without value', 'experiments/set-experiment-tag', { experiment_id: id, key: 'bare' });
  await s.post('tag of unknown', 'experiments/set-experiment-tag', {
    experiment_id: '99999',
    key: 'a',
    value: 'b',
  });
  await s.post('tag key of emoji', 'experiments/set-experiment-tag', {
    experiment_id: id,
    key: '🙂',
    value: 'b',
  });
  await s.post('tag value at the limit', 'experiments/set-experiment-tag', {
    experiment_id: id,
    key: 'long',
    value: 'é'.repeat(5000),
  });
  await s.post('delete tag', 'experiments/delete-experiment-tag', { experiment_id: id, key: 'long' });
  await s.post('delete tag again', 'experiments/delete-experiment-tag', { experiment_id: id, key: 'long' });
  await s.get('after tags', 'experiments/get', { experiment_id: id });
  await lifecycle(s, id);
};

const lifecycle = async (s: Parameters<Scenario>[0], id: string) => {
  const body = { experiment_id: id };
  const { run } = await s.post('run', 'runs/create', { experiment_id: id, start_time: 5, run_name: 'one' });
  const single = await s.post('run two', 'runs/create', {
    experiment_id: id,
    start_time: 6,
    run_name: 'two',
  });
  await s.post('delete run two', 'runs/delete', { run_id: single.run.info.run_id });
  await s.post('rename', 'experiments/update', { ...body, new_name: 'renamed' });
  await s.post('rename to itself', 'experiments/update', { ...body, new_name: 'renamed' });
  await s.post('rename without name', 'experiments/update', body);
  await s.post('rename to a taken name', 'experiments/update', { ...body, new_name: 'located' });
  await s.post('delete', 'experiments/delete', body);
  await s.post('delete again', 'experiments/delete', body);
  await s.get('deleted is readable', 'experiments/get', body);
  await s.get('deleted by name', 'experiments/get-by-name', { experiment_name: 'renamed' });
  await s.post('deleted holds its name', 'experiments/create', { name: 'renamed' });
  await s.post('rename of deleted', 'experiments/update', { ...body, new_name: 'renamed again' });
  await s.post('tag of deleted', 'experiments/set-experiment-tag', { ...body, key: 'a', value: 'b' });
  await s.post('run in deleted', 'runs/create', { ...body, start_time: 1 });
  await s.get('its run is deleted', 'runs/get', { run_id: run.info.run_id });
  await s.post('restore', 'experiments/restore', body);
  await s.post('restore again', 'experiments/restore', body);
  await s.get('its run is back', 'runs/get', { run_id: run.info.run_id });
  await s.get('the singly deleted run is back too', 'runs/get', { run_id: single.run.info.run_id });
  for (const [step, experiment_id] of [
    ['unknown', '99999'],
    ['letters', 'abc'],
    ['negative', '-1'],
    ['empty', ''],
  ] as const) {
    await s.get(`get ${step}`, 'experiments/get', { experiment_id });
    await s.post(`delete ${step}`, 'experiments/delete', { experiment_id });
  }
};
