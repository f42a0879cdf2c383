import { until } from '../../plane/until.ts';
import { startReceiver, type WebhookReceiver } from '../../plane/webhook-receiver.ts';
import type { Scenario, Session } from './session.ts';

const event = (entity: string, action: string) => ({ entity, action });
const ALL = [
  event('REGISTERED_MODEL', 'CREATED'),
  event('MODEL_VERSION', 'CREATED'),
  event('MODEL_VERSION_TAG', 'SET'),
  event('MODEL_VERSION_TAG', 'DELETED'),
  event('MODEL_VERSION_ALIAS', 'CREATED'),
  event('MODEL_VERSION_ALIAS', 'DELETED'),
  event('PROMPT', 'CREATED'),
  event('PROMPT_VERSION', 'CREATED'),
  event('PROMPT_TAG', 'SET'),
  event('PROMPT_TAG', 'DELETED'),
  event('PROMPT_VERSION_TAG', 'SET'),
  event('PROMPT_VERSION_TAG', 'DELETED'),
  event('PROMPT_ALIAS', 'CREATED'),
  event('PROMPT_ALIAS', 'DELETED'),
];
const CREATED = [event('MODEL_VERSION', 'CREATED')];

/** How webhooks are kept: fields, pages, changes, and every wrong way to ask. */
export const webhooks: Scenario = async (s) => {
  await using receiver = await startReceiver();
  const { url } = receiver;
  const made = await s.post('create', 'webhooks', {
    name: 'one',
    url,
    events: CREATED,
    description: 'd',
    secret: 's',
  });
  const id: string = made.webhook.webhook_id;
  await s.post('create with less', 'webhooks', { name: 'two.x_y-z', url, events: ALL, status: 'DISABLED' });
  await s.post('enums as numbers', 'webhooks', {
    name: 'three',
    url,
    events: [{ entity: 1, action: 1 }],
    status: 2,
  });
  await s.post('unknown field', 'webhooks', { name: 'four', url, events: CREATED, nonsense: 1 });
  await wrong(s, url);
  await s.get('get', `webhooks/${id}`);
  await s.get('get none', 'webhooks/nobody');
  await s.get('list', 'webhooks');
  const page = await s.get('page of two', 'webhooks', { max_results: 2 });
  await s.get('second page', 'webhooks', { max_results: 2, page_token: page.next_page_token });
  await s.get('page of 0', 'webhooks', { max_results: 0 });
  await s.get('page of 1001', 'webhooks', { max_results: 1001 });
  await s.get('page of -1', 'webhooks', { max_results: -1 });
  await s.get('page of text', 'webhooks', { max_results: 'many' });
  await s.get('forged token', 'webhooks', { page_token: 'forged' });
  await s.patch('update', `webhooks/${id}`, { name: 'renamed', events: ALL.slice(0, 2), description: 'new' });
  await s.patch('update nothing', `webhooks/${id}`, {});
  await s.patch('update with empty values', `webhooks/${id}`, {
    name: '',
    url: '',
    events: [],
    description: '',
    secret: '',
  });
  await s.patch('update name wrongly', `webhooks/${id}`, { name: '-' });
  await s.patch('update url wrongly', `webhooks/${id}`, { url: 'ftp://example.com' });
  await s.patch('update status', `webhooks/${id}`, { status: 'DISABLED' });
  await s.patch('update none', 'webhooks/nobody', { name: 'x' });
  await tests(s, id, receiver);
  await s.delete('delete', `webhooks/${id}`);
  await s.delete('delete again', `webhooks/${id}`);
  await s.get('get deleted', `webhooks/${id}`);
  const left = await s.get('list after', 'webhooks');
  for (const [i, hook] of left.webhooks.entries())
    await s.delete(`delete rest ${i}`, `webhooks/${hook.webhook_id}`);
  await s.get('list of none', 'webhooks');
};

async function wrong(s: Session, url: string): Promise<void> {
  const good = { name: 'w', url, events: CREATED };
  const cases: Record<string, object> = {
    'no name': { ...good, name: undefined },
    'no url': { ...good, url: undefined },
    'no events': { ...good, events: undefined },
    'empty events': { ...good, events: [] },
    'name with a space': { ...good, name: 'a b' },
    'name too long': { ...good, name: 'x'.repeat(64) },
    'name that ends badly': { ...good, name: 'x.' },
    'name is a number': { ...good, name: 1 },
    'url is nothing': { ...good, url: ' ' },
    'url without scheme': { ...good, url: 'example.com/hook' },
    'url of ftp': { ...good, url: 'ftp://example.com/hook' },
    'url without host': { ...good, url: 'http://' },
    'entity unknown': { ...good, events: [event('NOBODY', 'CREATED')] },
    'action unknown': { ...good, events: [event('MODEL_VERSION', 'EATEN')] },
    'action of another entity': { ...good, events: [event('MODEL_VERSION', 'SET')] },
    'event without action': { ...good, events: [{ entity: 'MODEL_VERSION' }] },
    'events are a text': { ...good, events: 'model_version.created' },
    budgets: { ...good, events: [event('BUDGET_POLICY', 'EXCEEDED')] },
    'status unknown': { ...good, status: 'PAUSED' },
  };
  for (const [name, body] of Object.entries(cases)) {
    const { webhook } = await s.post(`refused: ${name}`, 'webhooks', body);
    // What only one server refuses must not stand in the other one's lists
    const made = `${s.url}/api/2.0/mlflow/webhooks/${webhook?.webhook_id}`;
    if (webhook !== undefined) await fetch(made, { method: 'DELETE' });
  }
}

async function tests(s: Session, id: string, receiver: WebhookReceiver): Promise<void> {
  receiver.answer((response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('thanks'));
  await s.post('test', `webhooks/${id}/test`, {});
  await s.post('test one', `webhooks/${id}/test`, { event: event('MODEL_VERSION_ALIAS', 'DELETED') });
  await s.post('test unknown', `webhooks/${id}/test`, { event: event('NOBODY', 'SET') });
  await s.post('test none', 'webhooks/nobody/test', {});
  receiver.answer((response) => response.writeHead(418).end());
  await s.post('test refused', `webhooks/${id}/test`, {});
  delivered(s, receiver, 'sent by tests');
}

/** Fields that MLflow sends; ours says who and why besides. */
const THEIRS = [
  'name',
  'version',
  'source',
  'run_id',
  'tags',
  'description',
  'key',
  'value',
  'alias',
  'template',
];

function delivered(s: Session, receiver: WebhookReceiver, step: string): void {
  const sent = receiver.received.map(({ event: { entity, action, data } }) => ({
    entity,
    action,
    data: Object.fromEntries(
      Object.entries(data)
        .filter(([key]) => THEIRS.includes(key))
        .sort(),
    ),
  }));
  const sorted = sent.map((one) => JSON.stringify(one)).sort();
  s.note(step, { status: 200, body: sorted });
}

/** What receivers are told of the same calls. */
export const deliveries: Scenario = async (s) => {
  await using receiver = await startReceiver();
  const { webhook } = await s.post('create', 'webhooks', { name: 'all', url: receiver.url, events: ALL });
  await s.post('model', 'registered-models/create', {
    name: 'told',
    description: 'd',
    tags: [{ key: 'a', value: 'b' }],
  });
  await s.post('bare model', 'registered-models/create', { name: 'told-bare' });
  const source = 's3://bucket/model';
  await s.post('version', 'model-versions/create', {
    name: 'told',
    source,
    tags: [{ key: 'v', value: 'w' }],
    description: 'x',
  });
  await s.post('bare version', 'model-versions/create', { name: 'told', source });
  await s.post('refused version', 'model-versions/create', { name: 'nobody', source });
  await s.post('tag', 'model-versions/set-tag', { name: 'told', version: '1', key: 'k', value: 'é"\\' });
  await s.delete('tag off', 'model-versions/delete-tag', { name: 'told', version: '1', key: 'k' });
  await s.post('model tag', 'registered-models/set-tag', { name: 'told', key: 'k', value: 'v' });
  await s.post('alias', 'registered-models/alias', { name: 'told', alias: 'best', version: '1' });
  await s.post('alias moved', 'registered-models/alias', { name: 'told', alias: 'best', version: '2' });
  await s.delete('alias off', 'registered-models/alias', { name: 'told', alias: 'best' });
  const prompt = [
    { key: 'mlflow.prompt.is_prompt', value: 'true' },
    { key: 'p', value: 'q' },
  ];
  await s.post('prompt', 'registered-models/create', { name: 'told-prompt', tags: prompt });
  const text = [...prompt, { key: 'mlflow.prompt.text', value: 'Hello {{name}}' }];
  await s.post('prompt version', 'model-versions/create', {
    name: 'told-prompt',
    source: 'dummy-source',
    tags: text,
  });
  await s.post('prompt tag', 'registered-models/set-tag', { name: 'told-prompt', key: 'k', value: 'v' });
  await s.delete('prompt tag off', 'registered-models/delete-tag', { name: 'told-prompt', key: 'k' });
  await s.post('prompt version tag', 'model-versions/set-tag', {
    name: 'told-prompt',
    version: '1',
    key: 'k',
    value: 'v',
  });
  await s.delete('prompt version tag off', 'model-versions/delete-tag', {
    name: 'told-prompt',
    version: '1',
    key: 'k',
  });
  await s.post('prompt alias', 'registered-models/alias', {
    name: 'told-prompt',
    alias: 'live',
    version: '1',
  });
  await s.delete('prompt alias off', 'registered-models/alias', { name: 'told-prompt', alias: 'live' });
  await until('all arrive', () => receiver.received.length >= 17);
  delivered(s, receiver, 'delivered');
  await s.delete('delete', `webhooks/${webhook.webhook_id}`);
};
