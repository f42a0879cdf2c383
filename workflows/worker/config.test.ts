import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const whole = {
  TEMPORAL_ADDRESS: 'a',
  DATABASE_URL: 'b',
  ASSAY_REGISTRY_URL: 'c',
  ASSAY_SERVICE_TOKEN: 'd',
  ASSAY_EVIDENCE: 'e',
  ASSAY_ARTIFACTS: 'f',
  ASSAY_STATE: 'g',
  ASSAY_CACHE: 'h',
};

test('a whole environment is read', () => {
  expect(readConfig(whole)).toMatchObject({ temporalAddress: 'a', cacheDir: 'h', readyFile: undefined });
});

test.for(Object.keys(whole))('without %s it does not start', (name) => {
  expect(() => readConfig({ ...whole, [name]: '' })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', field: name }),
  );
});

test('a stall limit that is no number is refused', () => {
  expect(() => readConfig({ ...whole, ASSAY_TRAINER_STALL_MS: 'soon' })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', field: 'ASSAY_TRAINER_STALL_MS' }),
  );
});
