import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const GOOD = {
  DATABASE_URL: 'postgres://x',
  TEMPORAL_ADDRESS: 'x:1',
  ASSAY_REGISTRY_URL: 'http://x',
  ASSAY_SERVICE_TOKEN: 's',
};

test.for([
  ['DATABASE_URL', ''],
  ['ASSAY_REGISTRY_URL', ''],
  ['ASSAY_HOST', '0.0.0.0'],
  ['ASSAY_HTTP_PORT', '70000'],
  ['ASSAY_AUTH', 'maybe'],
  ['ASSAY_TOKENS', '{"secret-token":{"subject":"a","role":"king"}}'],
] as const)('a bad %s stops the start, by name and without the secret', ([name, value]) => {
  const start = () => readConfig({ ...GOOD, [name]: value });
  expect(start).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: name }));
  expect(start).not.toThrow(/secret-token/);
});

test('what is not set has the documented default', () => {
  expect(readConfig(GOOD)).toMatchObject({ host: '127.0.0.1', httpPort: 0, auth: 'open' });
});

test('another registry needs a folder that model servers load from', () => {
  const other = { ...GOOD, ASSAY_REGISTRY_URL: '', MLFLOW_TRACKING_URI: 'http://mlflow:5000' };
  expect(() => readConfig(other)).toThrow(expect.objectContaining({ field: 'ASSAY_ARTIFACTS' }));
  expect(readConfig({ ...other, ASSAY_ARTIFACTS: '/a' })).toMatchObject({
    registry: { kind: 'mlflow', baseUrl: 'http://mlflow:5000' },
    artifactsDir: '/a',
  });
});
