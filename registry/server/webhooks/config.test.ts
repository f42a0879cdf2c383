import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readWebhookConfig } from './config.ts';

const dir = mkdtempSync(join(tmpdir(), 'assay-webhook-key-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the key is made once, for its owner alone, in the state folder', () => {
  const state = join(dir, 'state');
  const first = readWebhookConfig({ ASSAY_STATE: state }, dir);
  expect(first.key).toHaveLength(32);
  expect(readWebhookConfig({ ASSAY_STATE: state }, dir).key).toEqual(first.key);
  const file = join(state, 'webhook.key');
  expect(Buffer.from(readFileSync(file, 'utf8'), 'base64')).toEqual(first.key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('by default loopback is allowed and nothing else that is not public', () => {
  const { policy } = readWebhookConfig({}, dir);
  expect([policy.allows('127.0.0.1'), policy.allows('10.0.0.1')]).toEqual([true, false]);
});

test.for([
  [{ ASSAY_WEBHOOK_KEY: 'short' }, 'ASSAY_WEBHOOK_KEY'],
  [{ ASSAY_WEBHOOK_ALLOW: 'everything' }, 'ASSAY_WEBHOOK_ALLOW'],
  [{ ASSAY_WEBHOOK_TIMEOUT_MS: 'soon' }, 'ASSAY_WEBHOOK_TIMEOUT_MS'],
  [{ ASSAY_WEBHOOK_RETRY_MS: '-1' }, 'ASSAY_WEBHOOK_RETRY_MS'],
  [{ ASSAY_WEBHOOK_GIVE_UP_MS: '1.5' }, 'ASSAY_WEBHOOK_GIVE_UP_MS'],
  [{ ASSAY_WEBHOOK_KEEP: '0x' }, 'ASSAY_WEBHOOK_KEEP'],
] as const)('a bad value stops the start: %o', ([env, named]) => {
  const failure = expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(named),
  });
  expect(() => readWebhookConfig(env, dir)).toThrow(failure);
});
