import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

interface Told {
  readonly status: number;
  readonly code: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: answers are dug into loosely
  readonly body: any;
}

async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Told> {
  const response = await fetch(`${registry.url}${path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`}`, {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, code: parsed.error_code, body: parsed };
}
const query = (path: string, params: Record<string, string>) => `${path}?${new URLSearchParams(params)}`;

/** What the rows below speak about: an experiment, runs, a model with a version. */
async function world() {
  const experiment = (
    await ask('POST', 'experiments/create', { name: `world ${Math.floor(performance.now())}` })
  ).body;
  const id: string = experiment.experiment_id;
  const make = async (): Promise<string> =>
    (await ask('POST', 'runs/create', { experiment_id: id, start_time: 1 })).body.run.info.run_id;
  const [run, deleted] = [await make(), await make()];
  await ask('POST', 'runs/log-parameter', { run_id: run, key: 'p', value: '1' });
  await ask('POST', 'runs/delete', { run_id: deleted });
  return { id, run, deleted };
}

describe('the error table, row by row', () => {
  const BAD = [400, 'INVALID_PARAMETER_VALUE'] as const;
  const TAKEN = [400, 'RESOURCE_ALREADY_EXISTS'] as const;
  const ABSENT = [404, 'RESOURCE_DOES_NOT_EXIST'] as const;
  const none = 'f'.repeat(32);
  let at: Awaited<ReturnType<typeof world>>;
  beforeAll(async () => {
    at = await world();
    await ask('POST', 'experiments/create', { name: 'gone' });
    const gone = await ask('GET', query('experiments/get-by-name', { experiment_name: 'gone' }));
    await ask('POST', 'experiments/delete', { experiment_id: gone.body.experiment.experiment_id });
    for (const name of ['held', 'free']) await ask('POST', 'registered-models/create', { name });
    await ask('POST', 'model-versions/create', { name: 'held', source: 's3://b/m' });
  });

  test.for([
    ['missing', 'POST', 'registered-models/create', {}, BAD],
    ['wrong type', 'POST', 'registered-models/create', { name: 5 }, BAD],
    ['bad name', 'POST', 'registered-models/create', { name: 'a/b' }, BAD],
    ['too long', 'POST', 'experiments/create', { name: 'n'.repeat(257) }, BAD],
    ['bad filter', 'POST', 'runs/search', { experiment_ids: ['0'], filter: 'x ~ 1' }, BAD],
    ['bad order', 'POST', 'runs/search', { experiment_ids: ['0'], order_by: ['x.y'] }, BAD],
    ['bad token', 'POST', 'runs/search', { experiment_ids: ['0'], page_token: 'x' }, BAD],
    ['bad max_results', 'POST', 'runs/search', { experiment_ids: ['0'], max_results: 50_001 }, BAD],
    ['write to a deleted run', 'POST', 'runs/set-tag', { run_id: '{deleted}', key: 'a', value: 'b' }, BAD],
    ['changed param', 'POST', 'runs/log-parameter', { run_id: '{run}', key: 'p', value: '2' }, BAD],
    ['unknown alias', 'GET', 'registered-models/alias?name=held&alias=nobody', undefined, BAD],
    ['experiment name taken', 'POST', 'experiments/create', { name: 'Default' }, TAKEN],
    ['name of a deleted experiment', 'POST', 'experiments/create', { name: 'gone' }, TAKEN],
    [
      'rename to a taken experiment',
      'POST',
      'experiments/update',
      { experiment_id: '{id}', new_name: 'Default' },
      TAKEN,
    ],
    ['model name taken', 'POST', 'registered-models/create', { name: 'held' }, TAKEN],
    [
      'rename to a taken model',
      'POST',
      'registered-models/rename',
      { name: 'free', new_name: 'held' },
      TAKEN,
    ],
    ['unknown experiment', 'GET', 'experiments/get?experiment_id=99999', undefined, ABSENT],
    ['experiment beyond int64', 'GET', `experiments/get?experiment_id=${'9'.repeat(30)}`, undefined, ABSENT],
    ['unknown run', 'GET', `runs/get?run_id=${none}`, undefined, ABSENT],
    ['unknown model', 'GET', 'registered-models/get?name=nobody', undefined, ABSENT],
    ['unknown version', 'GET', 'model-versions/get?name=held&version=9', undefined, ABSENT],
    ['unknown logged model', 'GET', `logged-models/m-${none}`, undefined, ABSENT],
    ['run tag to delete', 'POST', 'runs/delete-tag', { run_id: '{run}', key: 'none' }, ABSENT],
    [
      'experiment tag to delete',
      'POST',
      'experiments/delete-experiment-tag',
      { experiment_id: '{id}', key: 'none' },
      ABSENT,
    ],
    ['artifact file', 'GET', '/api/2.0/mlflow-artifacts/artifacts/none', undefined, ABSENT],
    [
      'archive into Archived',
      'POST',
      'model-versions/transition-stage',
      { name: 'held', version: '1', stage: 'Archived', archive_existing_versions: true },
      BAD,
    ],
    [
      'unknown attribute of logged models',
      'POST',
      'logged-models/search',
      { experiment_ids: ['0'], filter: "colour = 'x'" },
      BAD,
    ],
    ['presigned link', 'GET', '/api/2.0/mlflow-artifacts/presigned/x', undefined, [501, 'NOT_IMPLEMENTED']],
    ['presigned upload', 'POST', 'artifacts/presigned-upload-url', {}, [501, 'NOT_IMPLEMENTED']],
    ['unknown route', 'GET', 'nothing/here', undefined, [404, 'ENDPOINT_NOT_FOUND']],
    ['2.0 route under 3.0', 'GET', '/api/3.0/mlflow/runs/get', undefined, [404, 'ENDPOINT_NOT_FOUND']],
    ['trailing slash', 'GET', 'runs/get/', undefined, [404, 'ENDPOINT_NOT_FOUND']],
    ['wrong method', 'DELETE', 'runs/create', {}, [405, 'ENDPOINT_NOT_FOUND']],
    ['wrong method with an id', 'PUT', 'logged-models/m-1', {}, [405, 'ENDPOINT_NOT_FOUND']],
    ['traces', 'POST', '/api/3.0/mlflow/traces', {}, [404, 'ENDPOINT_NOT_FOUND']],
    ['gateway', 'GET', '/api/2.0/endpoints/', undefined, [404, 'ENDPOINT_NOT_FOUND']],
  ] as const)('%s', async ([, method, path, body, [status, code]]) => {
    const fill = (s: string) =>
      s.replace(/\{(id|run|deleted)\}/g, (_, k: 'id' | 'run' | 'deleted') => at[k] ?? '');
    const sent = body === undefined ? undefined : JSON.parse(fill(JSON.stringify(body)));
    const answer = await ask(method, path, sent);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.body.message).toMatch(/\S/);
  });

  test('rename of a deleted experiment is INVALID_STATE', async () => {
    const { id } = await world();
    await ask('POST', 'experiments/delete', { experiment_id: id });
    const answer = await ask('POST', 'experiments/update', { experiment_id: id, new_name: 'other' });
    expect([answer.status, answer.code]).toEqual([500, 'INVALID_STATE']);
  });

  test('nobody, and who may only read', async () => {
    const nobody = await ask('GET', 'experiments/get?experiment_id=0', undefined, 'wrong');
    expect([nobody.status, nobody.code]).toEqual([401, 'UNAUTHENTICATED']);
    const reader = await ask('POST', 'experiments/create', { name: 'x' }, TOKENS.client);
    expect([reader.status, reader.code]).toEqual([403, 'PERMISSION_DENIED']);
  });

  test('a body that is not announced as JSON is refused', async () => {
    const url = `${registry.url}/api/2.0/mlflow/experiments/create`;
    const answer = await fetch(url, {
      method: 'POST',
      body: '{"name":"plain"}',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect([answer.status, ((await answer.json()) as { error_code: string }).error_code]).toEqual([...BAD]);
  });
});

describe('odd names', () => {
  const NAMES = {
    climbing: '../../etc/passwd',
    dots: '..',
    slash: 'a/b',
    NUL: 'a\0b',
    'right to left': '\u202Egnp.exe\u202C',
    'lone surrogate': 'a\uD800b',
    '1 MB': 'n'.repeat(1_000_000),
    newline: 'a\nb',
    blank: '   ',
    quote: `'; DROP TABLE registry.runs; --`,
  } as const;
  /** Which of them are fine where; every other one is refused with 400. */
  const FINE: Readonly<Record<string, readonly (keyof typeof NAMES)[]>> = {
    experiment: ['climbing', 'dots', 'slash', 'right to left', 'newline', 'blank', 'quote'],
    model: ['right to left', 'newline', 'quote'],
    'run tag': ['slash', 'blank'],
    param: ['slash', 'blank'],
    metric: ['slash', 'blank'],
    alias: [],
    // A query string cannot hold a lone surrogate: what arrives is U+FFFD
    artifact: ['lone surrogate', 'slash', 'right to left', 'newline', 'blank', 'quote'],
  };
  let run: string;
  beforeAll(async () => {
    ({ run } = await world());
    await ask('POST', 'registered-models/create', { name: 'odd' });
    await ask('POST', 'model-versions/create', { name: 'odd', source: 's3://b/m' });
  });
  const send = (what: string, name: string): Promise<Told> => {
    const of = { run_id: run, key: name };
    switch (what) {
      case 'experiment':
        return ask('POST', 'experiments/create', { name });
      case 'model':
        return ask('POST', 'registered-models/create', { name });
      case 'run tag':
        return ask('POST', 'runs/set-tag', { ...of, value: 'x' });
      case 'param':
        return ask('POST', 'runs/log-parameter', { ...of, value: 'x' });
      case 'metric':
        return ask('POST', 'runs/log-metric', { ...of, value: 1, timestamp: 1 });
      case 'alias':
        return ask('POST', 'registered-models/alias', { name: 'odd', alias: name, version: '1' });
      default:
        return ask('GET', query('/api/2.0/mlflow-artifacts/artifacts', { path: name }));
    }
  };
  const cases = Object.keys(FINE).flatMap((what) =>
    (Object.keys(NAMES) as (keyof typeof NAMES)[]).map((name) => [what, name] as const),
  );

  test.for(cases)('%s: %s', async ([what, name]) => {
    // A query string of a megabyte is cut off by the HTTP parser before anybody reads it
    const cut = what === 'artifact' && name === '1 MB';
    const fine = FINE[what]?.includes(name) === true;
    const answer = await send(what, NAMES[name]);
    expect(cut ? [431] : fine ? [200] : [400]).toContain(answer.status);
  });
});

describe('injections', () => {
  const TEXTS = [
    `' OR 1=1 --`,
    `x'; DROP TABLE registry.runs; --`,
    `$1`,
    '%',
    `\\'; SELECT pg_sleep(10); --`,
    `"; DELETE FROM metrics; --`,
    '\u0027) OR (1=1',
  ];
  const SPOTS: readonly ((text: string) => object)[] = [
    (text) => ({ filter: `params.p = "${text}"` }),
    (text) => ({ filter: `params.\`${text}\` = 'x'` }),
    (text) => ({ filter: text }),
    (text) => ({ filter: `attributes.\`${text}\` = 'x'` }),
    (text) => ({ filter: `params.p ${text} '1'` }),
    (text) => ({ filter: `metrics.m > ${text}` }),
    (text) => ({ filter: `run_id IN ("${text}")` }),
    (text) => ({ order_by: [`params.\`${text}\``] }),
    (text) => ({ order_by: [`start_time ${text}`] }),
    (text) => ({ page_token: text }),
    (text) => ({ experiment_ids: [text] }),
    (text) => ({ run_view_type: text }),
  ];

  test('none gets through, none breaks the server', async () => {
    const { id, run } = await world();
    for (const text of TEXTS)
      for (const [i, spot] of SPOTS.entries()) {
        const answer = await ask('POST', 'runs/search', { experiment_ids: [id], ...spot(text) });
        expect([200, 400], `${i}: ${text}`).toContain(answer.status);
        // Ordering by an absent key shows everything, a filter nothing
        if (answer.status === 200 && i !== 7) expect(answer.body, `${i}: ${text}`).toEqual({});
      }
    expect((await ask('GET', `runs/get?run_id=${run}`)).status).toBe(200);
  });
});

describe('pages', () => {
  const search = (body: object) => ask('POST', 'runs/search', body);
  let id: string;
  const runAt = async (start_time: number) =>
    (await ask('POST', 'runs/create', { experiment_id: id, start_time })).body.run.info.run_id as string;
  beforeAll(async () => {
    id = (await ask('POST', 'experiments/create', { name: 'paged' })).body.experiment_id;
    for (let i = 1; i <= 6; i += 1) await runAt(i * 10);
  });

  test('rows written between two pages shift nothing', async () => {
    const first = await search({ experiment_ids: [id], max_results: 3 });
    await runAt(1000);
    await runAt(45);
    const second = await search({
      experiment_ids: [id],
      max_results: 3,
      page_token: first.body.next_page_token,
    });
    const starts = [...first.body.runs, ...second.body.runs].map((r) => r.info.start_time);
    expect(starts).toEqual([60, 50, 40, 30, 20, 10]);
    expect(second.body.next_page_token).toBeUndefined();
  });

  test('a history goes on after the last point shown', async () => {
    const run = await runAt(1);
    const log = (timestamp: number) =>
      ask('POST', 'runs/log-metric', { run_id: run, key: 'm', value: 1, timestamp });
    for (const t of [10, 20, 30]) await log(t);
    const get = (more: Record<string, string>) =>
      ask('GET', query('metrics/get-history', { run_id: run, metric_key: 'm', max_results: '2', ...more }));
    const first = await get({});
    await log(5);
    const second = await get({ page_token: first.body.next_page_token });
    expect([...first.body.metrics, ...second.body.metrics].map((m) => m.timestamp)).toEqual([10, 20, 30]);
  });

  test('forged tokens are refused', async () => {
    const body = { experiment_ids: [id], max_results: 2 };
    const { next_page_token: token } = (await search(body)).body;
    const keys = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    const forge = (...forged: unknown[]) => Buffer.from(JSON.stringify(forged)).toString('base64url');
    const forgeries = [
      ['a token of another filter', { ...body, filter: "params.p = 'x'", page_token: token }],
      ['of another order', { ...body, order_by: ['status'], page_token: token }],
      ['of other experiments', { ...body, experiment_ids: ['0'], page_token: token }],
      ['cut short', { ...body, page_token: token.slice(0, -4) }],
      ['random bytes', { ...body, page_token: Buffer.from([0, 255, 128, 7]).toString('base64url') }],
      ['no array', { ...body, page_token: Buffer.from('{"offset":2}').toString('base64url') }],
      ['no binding', { ...body, page_token: forge(...keys.slice(1)) }],
      ['too few keys', { ...body, page_token: forge(...keys.slice(0, -1)) }],
      ['too many keys', { ...body, page_token: forge(...keys, 'x') }],
      ['beyond int64', { ...body, page_token: forge(keys[0], '9223372036854775808', keys[2]) }],
      ['no number', { ...body, page_token: forge(keys[0], "1'; --", keys[2]) }],
      ['NUL', { ...body, page_token: forge(keys[0], keys[1], 'a\0') }],
      ['an object', { ...body, page_token: forge(keys[0], {}, keys[2]) }],
      ['1 MB', { ...body, page_token: 'A'.repeat(1_000_000) }],
    ] as const;
    expect((await search({ ...body, page_token: token })).status).toBe(200);
    for (const [what, forged] of forgeries)
      expect([what, (await search(forged)).code]).toEqual([what, 'INVALID_PARAMETER_VALUE']);
  });
});
