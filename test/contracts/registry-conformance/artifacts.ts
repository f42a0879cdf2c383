import type { Scenario } from './session.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

export const artifacts: Scenario = async (s) => {
  const { run } = await s.post('run', 'runs/create', { experiment_id: '0', start_time: 1, run_name: 'r' });
  const { run_id } = run.info;
  const root = `${PROXY}/0/${run_id}/artifacts`;
  const put = (step: string, path: string, body: RequestInit['body'] = 'hello') =>
    s.raw(`put ${step}`, 'PUT', `${root}/${path}`, { body });
  await put('file', 'notes.txt');
  await put('again', 'notes.txt', 'hello again');
  await put('in folders', 'a/b/c.json', '{"a":1}');
  await put('empty', 'empty', '');
  await put('with spaces', 'a%20b.txt');
  await put('of letters', `${encodeURIComponent('größe 学习.txt')}`);
  await put('of bytes', 'a/raw.bin', new Uint8Array([1, 2, 3]));
  for (const [step, path] of [
    ['file', 'notes.txt'],
    ['in folders', 'a/b/c.json'],
    ['with spaces', 'a%20b.txt'],
    ['absent', 'none'],
    ['folder', 'a'],
  ] as const)
    await s.raw(`get ${step}`, 'GET', `${root}/${path}`);
  const list = (step: string, path?: string) =>
    s.get(`list ${step}`, 'artifacts/list', { run_id, ...(path !== undefined && { path }) });
  await list('root');
  await list('folder', 'a');
  await list('deeper', 'a/b');
  await list('file', 'notes.txt');
  await list('absent', 'none');
  await list('climbing', '../..');
  await list('absolute', '/etc');
  await s.get('list of unknown run', 'artifacts/list', { run_id: 'f'.repeat(32) });
  await s.get('list of no run', 'artifacts/list');
  await s.get('list under ajax-api', '/ajax-api/2.0/mlflow/artifacts/list', { run_id, path: 'a' });
  await s.get('proxy list', PROXY, { path: `0/${run_id}/artifacts` });
  await s.get('proxy list of folder', PROXY, { path: `0/${run_id}/artifacts/a` });
  await s.get('proxy list of absent', PROXY, { path: `0/${run_id}/artifacts/none` });
  await s.get('proxy list climbing', PROXY, { path: '../..' });
  for (const [step, path] of [
    ['climbing encoded twice', 'a/%252e%252e/x'],
    ['with backslashes', 'a%5c..%5cx'],
    ['absolute', '%2Fetc/passwd'],
    ['file URI', 'file:%2F%2F%2Fx'],
    ['with a hash', 'a%23b'],
  ] as const)
    await s.raw(`refused: ${step}`, 'PUT', `${PROXY}/${path}`, { body: 'x' });
  await s.raw('delete file', 'DELETE', `${root}/notes.txt`);
  await s.raw('delete absent', 'DELETE', `${root}/notes.txt`);
  await s.raw('delete folder', 'DELETE', `${root}/a`);
  await list('after deletes');
};

/** One file of a run, a version or a logged model, as the pages link to it. */
export const downloads: Scenario = async (s) => {
  const { run } = await s.post('run', 'runs/create', {
    experiment_id: '0',
    start_time: 1,
    run_name: 'downloaded',
  });
  const { run_id, artifact_uri } = run.info;
  const put = (step: string, path: string) => s.raw(step, 'PUT', `${PROXY}/0/${path}`, { body: '{"a":1}' });
  await put('put', `${run_id}/artifacts/a/b/c.json`);
  for (const [step, path] of [
    ['file', 'a/b/c.json'],
    ['absent', 'none'],
    ['folder', 'a'],
    ['climbing', '../x'],
    ['absolute', '/etc/passwd'],
  ] as const)
    await s.get(`get-artifact: ${step}`, '/get-artifact', { run_id, path });
  await s.get('get-artifact: unknown run', '/get-artifact', { run_id: 'f'.repeat(32), path: 'x' });
  await s.post('model', 'registered-models/create', { name: 'with files' });
  const source = `${artifact_uri}/a`;
  await s.post('version', 'model-versions/create', { name: 'with files', run_id, source });
  for (const [step, path, version] of [
    ['file', 'b/c.json', '1'],
    ['absent', 'none', '1'],
    ['unknown version', 'b/c.json', '7'],
  ] as const)
    await s.get(`version: ${step}`, '/model-versions/get-artifact', { name: 'with files', version, path });
  const { model } = await s.post('logged model', 'logged-models', { experiment_id: '0' });
  const id = model.info.model_id;
  await put('put into it', `models/${id}/artifacts/sub/MLmodel`);
  for (const artifact_file_path of ['sub/MLmodel', 'none', '../x'])
    await s.get(
      `logged model: ${artifact_file_path}`,
      `/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`,
      {
        artifact_file_path,
      },
    );
};
