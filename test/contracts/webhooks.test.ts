import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assay } from '../plane/assay.ts';
import { mlflowPython } from '../plane/pythons.ts';
import { until } from '../plane/until.ts';
import { startReceiver } from '../plane/webhook-receiver.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';
import { ASSAY, alias, asking, type Loose, MLFLOW, model } from './webhook-world.ts';

const run = promisify(execFile);
const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
let registry: TestRegistry;
const ask = (...given: Parameters<ReturnType<typeof asking>>) => asking(registry.url)(...given);

beforeAll(async () => {
  registry = await startTestRegistry({ ASSAY_WEBHOOK_RETRY_MS: '50', ASSAY_WEBHOOK_TIMEOUT_MS: '2000' });
});
afterAll(() => registry[Symbol.asyncDispose]());

async function subscribe(url: string, events: readonly string[], more: object = {}): Promise<string> {
  const { status, body } = await ask('POST', ASSAY, { name: 'hook', url, events, ...more });
  expect(body, JSON.stringify(body)).toMatchObject({ status: 'ACTIVE' });
  expect(status).toBe(200);
  return body.id;
}

describe('what is delivered', () => {
  test('each event once, in order, as a CloudEvent that MLflow receivers and Standard Webhooks verify', async () => {
    await using receiver = await startReceiver();
    const events = [
      'registered_model.created',
      'model_version.created',
      'model_version_tag.set',
      'model_version_tag.deleted',
      'model_version_alias.created',
      'model_version_alias.deleted',
    ];
    const id = await subscribe(receiver.url, events, { secret: SECRET, model: 'fraud-*' });
    await model(ask, 'other-model');
    await model(ask, 'fraud-eu', 2);
    const of = { name: 'fraud-eu', version: '2' };
    await ask('POST', `${MLFLOW}/model-versions/set-tag`, { ...of, key: 'k', value: 'v' });
    await ask('DELETE', `${MLFLOW}/model-versions/delete-tag`, { ...of, key: 'k' });
    await alias(ask, 'fraud-eu', 'best', '1');
    await alias(ask, 'fraud-eu', 'best', '2');
    await alias(ask, 'fraud-eu', 'best', '2');
    await ask('DELETE', `${MLFLOW}/registered-models/alias`, { name: 'fraud-eu', alias: 'best' });
    await until('all arrive', () => receiver.received.length >= 8);
    expect(receiver.names()).toEqual([
      'registered_model.created',
      'model_version.created',
      'model_version.created',
      'model_version_tag.set',
      'model_version_tag.deleted',
      'model_version_alias.created',
      'model_version_alias.created',
      'model_version_alias.deleted',
    ]);
    expect(receiver.received[6]?.event).toMatchObject({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: '/assay/registry',
      type: 'dev.assay.registry.model-version-alias.created',
      subject: 'fraud-eu@best',
      datacontenttype: 'application/json',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: {
        name: 'fraud-eu',
        alias: 'best',
        version: '2',
        previous_version: '1',
        by: 'ada',
        role: 'data-scientist',
        why: 'set through the API',
        origin: 'assay',
      },
    });
    expect(new Set(receiver.received.map((r) => r.event.id)).size).toBe(8);
    for (const { headers, text, event } of receiver.received) {
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(headers['webhook-id']).toBe(event.id);
      // The official verifier, over the very bytes; it refuses old timestamps too
      expect(new Webhook(SECRET).verify(text, headers as Record<string, string>)).toEqual(event);
      expect(() => new Webhook(SECRET).verify(`${text} `, headers as Record<string, string>)).toThrow();
    }
    const counts = async () => (await ask('GET', `${ASSAY}/${id}`)).body;
    await until('the log is written', async () => (await counts()).delivered === 8);
    expect(await counts()).toMatchObject({ waiting: 0, dead: 0, isSigned: true });
  });

  test("MLflow's own client makes, tries and deletes a webhook, and MLflow's own recipe verifies", async () => {
    // One that MLflow has no words for is not shown to its client, which could not read it
    const nowhere = 'http://127.0.0.1:9/';
    const hidden = await subscribe(nowhere, ['release.finished'], { name: 'hidden' });
    const mixed = await subscribe(nowhere, ['release.finished', 'model_version.created'], { name: 'mixed' });
    const script = fileURLToPath(new URL('webhooks_mlflow.py', import.meta.url));
    const env = {
      PATH: process.env.PATH,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    };
    const { stdout } = await run(await mlflowPython(), [script, registry.url], { env });
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
    expect(said).toMatchObject({
      listed: ['from-python'],
      tried: [true, 204],
      arrived: true,
      updated: ['DISABLED', 'renamed'],
      left: [],
      received: [
        ['model_version_alias', 'created', 'example_model', true],
        ['registered_model', 'created', 'from python', true],
      ],
    });
    expect(said.all).toContain('mixed');
    expect(said.all).not.toContain('hidden');
    const door = `${MLFLOW}/webhooks`;
    expect(await ask('GET', `${door}/${hidden}`)).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining(`/api/assay/v1/webhooks/${hidden}`) },
    });
    const events = [{ entity: 'MODEL_VERSION_TAG', action: 'SET' }];
    expect((await ask('PATCH', `${door}/${mixed}`, { events })).body.webhook.events).toEqual(events);
    expect((await ask('GET', `${ASSAY}/${mixed}`)).body.events).toEqual([
      'model_version_tag.set',
      'release.finished',
    ]);
    for (const id of [hidden, mixed]) await ask('DELETE', `${ASSAY}/${id}`);
  });
});

describe('what is refused', () => {
  const GOOD = { name: 'hook', url: 'https://hooks.example.com/x', events: ['model_version.created'] };
  const secret = `whsec_${'!'.repeat(40)}`;

  test.for([
    ['a URL of another scheme', { url: 'ftp://example.com' }, 'WEBHOOK_URL_REFUSED'],
    ['no URL', { url: 'hooks' }, 'WEBHOOK_URL_REFUSED'],
    ['a password in the URL', { url: 'https://ada:secret@example.com/' }, 'WEBHOOK_URL_REFUSED'],
    [
      'a private address',
      { url: 'http://10.0.0.1/' },
      '"10.0.0.1" is not a public address (WEBHOOK_URL_REFUSED)',
    ],
    ['the metadata service', { url: 'http://169.254.169.254/latest' }, 'WEBHOOK_URL_REFUSED'],
    ['a private address as one number', { url: 'http://167772161/' }, 'WEBHOOK_URL_REFUSED'],
    ['a private address inside IPv6', { url: 'http://[::ffff:10.0.0.1]/' }, 'WEBHOOK_URL_REFUSED'],
    ['a unique local address', { url: 'http://[fd00::1]/' }, 'WEBHOOK_URL_REFUSED'],
    ['an unknown event', { events: ['model_version.eaten'] }, '"model_version.eaten" is no event'],
    ['no event', { events: [] }, 'WEBHOOK_INVALID'],
    ['a name with a space', { name: 'a b' }, 'WEBHOOK_INVALID'],
    ['a filter with a slash', { model: 'a/b' }, 'WEBHOOK_INVALID'],
    ['a secret that is no base64', { secret }, 'WEBHOOK_INVALID'],
    ['an unknown field', { event: 'x' }, 'Unknown field "event"'],
    ['an unknown status', { status: 'PAUSED' }, 'ACTIVE or DISABLED'],
  ] as const)('%s', async ([, change, says]) => {
    const { status, body } = await ask('POST', ASSAY, { ...GOOD, ...change });
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(body.message).toContain(says);
    // What was sent may be a secret
    expect(JSON.stringify(body)).not.toMatch(/secret@|whsec_!/);
  });

  test('what is not there, and who may not', async () => {
    const refused = async (method: string, path: string, body?: object, token?: string) => {
      const answer = await ask(method, path, body, token);
      return [answer.status, answer.body.error_code];
    };
    expect(await refused('GET', `${ASSAY}/nobody`)).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect(await refused('POST', `${ASSAY}/nobody/test`, {})).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect(await refused('GET', ASSAY, undefined, TOKENS.client)).toEqual([403, 'PERMISSION_DENIED']);
    expect(await refused('POST', ASSAY, GOOD, TOKENS.client)).toEqual([403, 'PERMISSION_DENIED']);
    const { body } = await ask('POST', ASSAY, GOOD);
    expect(await refused('POST', `${ASSAY}/${body.id}/redeliver`, { delivery: '1' })).toEqual([
      409,
      'RESOURCE_CONFLICT',
    ]);
    expect(await refused('GET', `${ASSAY}/${body.id}/deliveries?state=lost`)).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
    ]);
    expect(await refused('POST', `${ASSAY}/${body.id}/test`, { event: 'x.y' })).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
    ]);
    await ask('DELETE', `${ASSAY}/${body.id}`);
  });
});

test('the command line makes, lists, tries, pauses, resumes and deletes a webhook and shows its log', async () => {
  await using receiver = await startReceiver();
  const env = { ASSAY_TOKEN: TOKENS.scientist };
  const json = async (...args: string[]): Promise<Loose> => {
    const { code, stdout, stderr } = await assay(['webhook', ...args, '--registry', registry.url, '--json'], {
      env,
    });
    expect({ args, code, stderr }).toMatchObject({ code: 0 });
    return JSON.parse(stdout);
  };
  const { id, secret } = await json(
    'create',
    'cli',
    receiver.url,
    '--event',
    'model_version.created,release.finished',
  );
  expect(secret).toMatch(/^whsec_/);
  expect(await json('test', id, '--event', 'release.finished')).toMatchObject({ success: true, status: 204 });
  const [sent] = receiver.received;
  expect(new Webhook(secret).verify(sent?.text ?? '', sent?.headers as Record<string, string>)).toMatchObject(
    {
      assaytest: true,
      type: 'dev.assay.lifecycle.release.finished',
    },
  );
  await model(ask, 'by-cli');
  await until('it arrives', () => receiver.received.length === 2);
  await until('the log has it', async () => (await json('deliveries', id))[0]?.state === 'delivered');
  expect(await json('pause', id)).toMatchObject({ status: 'DISABLED' });
  expect(await json('resume', id)).toMatchObject({ status: 'ACTIVE', delivered: 1 });
  expect(await json('redeliver', id)).toEqual({ queued: 0 });
  expect((await json('list')).map((w: Loose) => w.id)).toContain(id);
  expect(await json('delete', id)).toEqual({ deleted: id });
  const gone = await assay(['webhook', 'show', id, '--registry', registry.url], { env });
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain('NOT_FOUND');
});
