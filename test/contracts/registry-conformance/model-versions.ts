import type { Scenario } from './session.ts';

type S = Parameters<Scenario>[0];

export const modelVersions: Scenario = async (s) => {
  const name = 'versioned';
  await s.post('model', 'registered-models/create', { name });
  const create = (step: string, body: object = {}) =>
    s.post(step, 'model-versions/create', { name, source: 's3://b/m', ...body });
  await create('create bare');
  await create('create whole', {
    run_link: 'http://x/y',
    description: 'd',
    tags: [{ key: 'a', value: 'b' }],
  });
  await create('create of unknown model', { name: 'nobody' });
  await create('create without source', { source: undefined });
  await create('create with a bad tag', { tags: [{ key: 'a,b', value: 'x' }] });
  await create('create with an unknown run', { run_id: 'f'.repeat(32) });
  const at = (version: unknown) => ({ name, version });
  for (const version of ['1', '01', '2', '99', '0', '-1', 'abc', '1.5', ''])
    await s.get(`get ${JSON.stringify(version)}`, 'model-versions/get', { name, version });
  await s.get('download uri', 'model-versions/get-download-uri', { name, version: '1' });
  await s.get('download uri of unknown', 'model-versions/get-download-uri', { name, version: '77' });
  await s.patch('update', 'model-versions/update', { ...at('1'), description: 'new' });
  await s.patch('update without description', 'model-versions/update', at('1'));
  await s.patch('update by number', 'model-versions/update', { ...at(1), description: 'x' });
  await s.patch('update unknown', 'model-versions/update', { ...at('77'), description: 'x' });
  const tag = (step: string, key: unknown, value?: unknown, version: unknown = '1') =>
    s.post(`tag ${step}`, 'model-versions/set-tag', { ...at(version), key, value });
  await tag('new', 'lang', 'en');
  await tag('overwritten', 'lang', 'de');
  await tag('bad key', 'a,b', 'x');
  await tag('of unknown version', 'a', 'b', '77');
  await tag('of version as number', 'a', 'b', 1);
  await tag('at the limit', 'long', 'v'.repeat(100_000));
  await tag('over the limit', 'longer', 'v'.repeat(100_001));
  await s.delete('delete tag', 'model-versions/delete-tag', { ...at('1'), key: 'long' });
  await s.delete('delete tag again', 'model-versions/delete-tag', { ...at('1'), key: 'long' });
  await s.get('after tags', 'model-versions/get', at('1') as { name: string; version: string });
  await stages(s, name);
  await s.delete('delete', 'model-versions/delete', at('1'));
  await s.delete('delete again', 'model-versions/delete', at('1'));
  await s.get('deleted', 'model-versions/get', { name, version: '1' });
  await s.delete('delete newest', 'model-versions/delete', at('3'));
  await create('numbers never come back');
  await s.get('search', 'model-versions/search', {
    filter: `name = '${name}'`,
    order_by: ['version_number DESC'],
  });
};

const stages = async (s: S, name: string) => {
  const move = (step: string, version: unknown, stage: unknown, archive_existing_versions?: unknown) =>
    s.post(`stage ${step}`, 'model-versions/transition-stage', {
      name,
      version,
      stage,
      archive_existing_versions,
    });
  await s.post('third', 'model-versions/create', { name, source: 's3://b/3' });
  await move('Staging', '1', 'Staging');
  await move('in lower case', '2', 'production');
  await move('unknown', '1', 'Nowhere');
  await move('without', '1', undefined);
  await move('and archive others', '3', 'Production', true);
  await s.get('archived', 'model-versions/get', { name, version: '2' });
  await move('archive into Archived', '3', 'Archived', true);
  await move('of unknown', '77', 'Staging');
  await move('None', '2', 'none');
  const latest = (step: string, body: object) =>
    s.post(`latest ${step}`, 'registered-models/get-latest-versions', body);
  await latest('of all', { name });
  await latest('of one', { name, stages: ['Production'] });
  await latest('of one in lower case', { name, stages: ['staging', 'none'] });
  await latest('of a stage that is empty', { name, stages: ['Archived'] });
  await latest('of an unknown stage', { name, stages: ['Nowhere'] });
  await latest('of unknown model', { name: 'nobody' });
  await s.get('latest by GET', 'registered-models/get-latest-versions', { name, stages: ['Staging'] });
  await s.get('model shows them', 'registered-models/get', { name });
};

/** Where bytes may come from: nobody registers what lies outside the run or logged model named. */
export const sources: Scenario = async (s) => {
  const name = 'sourced';
  await s.post('model', 'registered-models/create', { name });
  const { run } = await s.post('run', 'runs/create', { experiment_id: '0', start_time: 1, run_name: 'r' });
  const { run_id, artifact_uri } = run.info;
  const logged = await s.post('logged model', 'logged-models', {
    experiment_id: '0',
    name: 'x',
    source_run_id: run_id,
  });
  const { model_id, artifact_uri: model_uri } = logged.model.info;
  const create = (step: string, source: string, more: object = {}) =>
    s.post(step, 'model-versions/create', { name, source, ...more });
  await create('under the run', `${artifact_uri}/model`, { run_id });
  await s.get('its download uri', 'model-versions/get-download-uri', { name, version: '1' });
  await create('runs:/', `runs:/${run_id}/model`, { run_id });
  await s.get('download uri of runs:/', 'model-versions/get-download-uri', { name, version: '2' });
  await create('models:/m-', `models:/${model_id}`, { model_id });
  await s.get('download uri of models:/m-', 'model-versions/get-download-uri', { name, version: '3' });
  await create('under the logged model', model_uri, { model_id });
  await create('models:/name/1', `models:/${name}/1`);
  await create('models:/name/3', `models:/${name}/3`);
  await s.get('download uri of models:/name/3', 'model-versions/get-download-uri', { name, version: '6' });
  await s.get('logged model notes them', `logged-models/${model_id}`);
  for (const [step, source, more] of [
    ['outside the run', 'mlflow-artifacts:/0/other/artifacts', { run_id }],
    ['without run', `${artifact_uri}/model`, {}],
    ['of an unknown run', `${artifact_uri}/model`, { run_id: 'f'.repeat(32) }],
    ['that climbs', `${artifact_uri}/../../other`, { run_id }],
    ['that climbs encoded', `${artifact_uri}/%2e%2e/other`, { run_id }],
    ['that climbs encoded twice', `${artifact_uri}/%252e%252e/other`, { run_id }],
    ['that is a prefix', `${artifact_uri}x/model`, { run_id }],
    ['runs:/ of another run', `runs:/${'f'.repeat(32)}/model`, { run_id }],
    ['runs:/ without run', `runs:/${run_id}/model`, {}],
    ['models:/m- without model', `models:/${model_id}`, {}],
    ['models:/m- of another', `models:/${model_id}`, { model_id: `m-${'f'.repeat(32)}` }],
    ['models:/ of unknown version', `models:/${name}/77`, {}],
    ['models:/ of unknown model', 'models:/nobody/1', {}],
    ['models:/ of nonsense', 'models:/a/b/c', {}],
    ['local path', '/etc/passwd', {}],
    ['file URI', 'file:///etc/passwd', {}],
    ['file URI with run', 'file:///etc/passwd', { run_id }],
    ['relative path', 'model', {}],
    ['s3 that climbs', 's3://b/../x', {}],
    ['http elsewhere', 'http://example.org/model', {}],
    ['http of the proxy', 'http://example.org/api/2.0/mlflow-artifacts/artifacts/0/x', {}],
    ['gs', 'gs://b/m', {}],
    ['model and run differ', `models:/${name}/1`, { run_id: 'f'.repeat(32) }],
  ] as const)
    await create(step, source, more);
};
