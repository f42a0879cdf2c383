import type { AssayError } from '@assay/domain/errors';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const plan = { ASSAY_PLAN: 'plan.json' };

test('defaults', () => {
  expect(readConfig(plan)).toMatchObject({
    host: '127.0.0.1',
    grpcPort: 0,
    sealAfterMs: 10_000,
    maxMessageBytes: 67_108_864,
    requestTimeoutMs: 60_000,
    authRequired: false,
    planFile: 'plan.json',
    control: undefined,
  });
});

test('another address than loopback, with TLS and tokens', () => {
  const tls = { ASSAY_TLS_CERT: 'c', ASSAY_TLS_KEY: 'k' };
  const config = readConfig({ ...plan, ...tls, ASSAY_HOST: '0.0.0.0', ASSAY_AUTH: 'required' });
  expect([config.host, config.tls]).toEqual(['0.0.0.0', { cert: 'c', key: 'k', clientCa: undefined }]);
});

test('tokens by their identity', () => {
  const tokens = JSON.stringify({ t1: { subject: 'shop', role: 'serving-client' } });
  const { identities, authRequired } = readConfig({ ...plan, ASSAY_TOKENS: tokens, ASSAY_AUTH: 'required' });
  expect([identities.get('t1'), authRequired]).toEqual([{ subject: 'shop', role: 'serving-client' }, true]);
});

test.for([
  { name: 'neither plan nor control plane', env: {}, field: 'ASSAY_PLAN' },
  { name: 'an address that is not loopback', env: { ...plan, ASSAY_HOST: '0.0.0.0' }, field: 'ASSAY_HOST' },
  {
    name: 'an address that is not loopback, with TLS and without tokens',
    env: { ...plan, ASSAY_HOST: '0.0.0.0', ASSAY_TLS_CERT: 'c', ASSAY_TLS_KEY: 'k' },
    field: 'ASSAY_HOST',
  },
  { name: 'a certificate without its key', env: { ...plan, ASSAY_TLS_CERT: 'c' }, field: 'ASSAY_TLS_KEY' },
  { name: 'a CA of clients alone', env: { ...plan, ASSAY_TLS_CLIENT_CA: 'c' }, field: 'ASSAY_TLS_CERT' },
  { name: 'a port that is none', env: { ...plan, ASSAY_GRPC_PORT: '70000' }, field: 'ASSAY_GRPC_PORT' },
  {
    name: 'a size that is none',
    env: { ...plan, ASSAY_MAX_MESSAGE_BYTES: 'big' },
    field: 'ASSAY_MAX_MESSAGE_BYTES',
  },
  { name: 'an id that is no file name', env: { ...plan, ASSAY_SERVER_ID: '../x' }, field: 'ASSAY_SERVER_ID' },
  {
    name: 'an unknown role',
    env: { ...plan, ASSAY_TOKENS: '{"t":{"subject":"a","role":"king"}}' },
    field: 'ASSAY_TOKENS',
  },
  { name: 'tokens that are no JSON', env: { ...plan, ASSAY_TOKENS: '{' }, field: 'ASSAY_TOKENS' },
])('$name: CONFIG_INVALID', ({ env, field }) => {
  expect(() => readConfig(env)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', field }) as AssayError,
  );
});
