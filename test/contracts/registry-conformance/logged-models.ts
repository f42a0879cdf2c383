import type { Scenario } from './session.ts';

export const loggedModels: Scenario = async (s) => {
  const { run } = await s.post('run', 'runs/create', { experiment_id: '0', start_time: 1, run_name: 'r' });
  const source_run_id = run.info.run_id;
  const made = await s.post('create', 'logged-models', {
    experiment_id: '0',
    name: 'tree',
    model_type: 'sklearn',
    source_run_id,
    params: [{ key: 'depth', value: '3' }],
    tags: [{ key: 'team', value: 'ads' }],
  });
  const id = made.model.info.model_id;
  const path = `logged-models/${id}`;
  await s.get('get', path);
  await s.get('get under ajax-api', `/ajax-api/2.0/mlflow/${path}`);
  await s.get('unknown', `logged-models/m-${'f'.repeat(32)}`);
  for (const name of ['a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b"])
    await s.post(`name ${name}`, 'logged-models', { experiment_id: '0', name });
  await s.post('in unknown experiment', 'logged-models', { experiment_id: '99999', name: 'x' });
  await s.post('without experiment', 'logged-models', { name: 'x' });
  await s.patch('finalize', path, { model_id: id, status: 'LOGGED_MODEL_READY' });
  await s.patch('finalize by number', path, { model_id: id, status: 3 });
  await s.patch('finalize without status', path, { model_id: id });
  const other = await s.post('another', 'logged-models', { experiment_id: '0' });
  const unsure = other.model.info.model_id;
  await s.patch('finalize by nonsense', `logged-models/${unsure}`, { model_id: unsure, status: 'GREAT' });
  await s.patch('set tags', `${path}/tags`, {
    tags: [
      { key: 'a/b', value: 'x' },
      { key: 'team', value: 'b' },
    ],
  });
  await s.patch('set a long tag', `${path}/tags`, { tags: [{ key: 'long', value: 'v'.repeat(8000) }] });
  await s.patch('set tag of bad key', `${path}/tags`, { tags: [{ key: 'a,b', value: 'x' }] });
  await s.post('log params', `${path}/params`, {
    model_id: id,
    params: [{ key: 'eta', value: '0.1' }],
  });
  await s.delete('delete tag', `${path}/tags/team`);
  await s.delete('delete tag again', `${path}/tags/team`);
  const metric = { run_id: source_run_id, key: 'auc', timestamp: 4, step: 2, model_id: id };
  await s.post('metric on a dataset', 'runs/log-metric', {
    ...metric,
    value: 0.75,
    dataset_name: 'test',
    dataset_digest: 'abc',
  });
  await s.post('metric later', 'runs/log-metric', { ...metric, value: 0.8, step: 3 });
  await s.post('metric in a batch', 'runs/log-batch', {
    run_id: source_run_id,
    metrics: [{ key: 'f1', value: 0.5, timestamp: 1, step: 0, model_id: id }],
  });
  await s.get('with metrics', path);
  await s.get('artifacts', `${path}/artifacts/directories`);
  await s.raw('put', 'PUT', `/api/2.0/mlflow-artifacts/artifacts/0/models/${id}/artifacts/sub/MLmodel`, {
    body: 'flavors',
  });
  await s.get('artifacts of the root', `${path}/artifacts/directories`);
  await s.get('artifacts of a folder', `${path}/artifacts/directories`, { artifact_directory_path: 'sub' });
  await s.delete('delete', path);
  await s.delete('delete again', path);
  await s.get('deleted', path);
  await s.get('deleted, allowed', path, { allow_deleted: 'true' });
  await s.delete('delete unknown', `logged-models/m-${'f'.repeat(32)}`);
};
