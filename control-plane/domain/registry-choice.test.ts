import { expect, test } from 'vitest';
import { chosenRegistry, serverUrl } from './registry-choice.ts';

test("Assay's own registry comes first, with the service's token", () => {
  const env = { ASSAY_REGISTRY_URL: 'http://a', ASSAY_SERVICE_TOKEN: 't', MLFLOW_TRACKING_URI: 'http://b' };
  expect(chosenRegistry(env)).toEqual({ kind: 'assay', baseUrl: 'http://a', token: 't' });
});

test('another server gets the credentials that MLflow would send, and never a token of ours', () => {
  const uri = { MLFLOW_TRACKING_URI: 'https://b:5000/mlflow/', ASSAY_SERVICE_TOKEN: 'secret' };
  expect(chosenRegistry(uri)).toEqual({ kind: 'mlflow', baseUrl: 'https://b:5000/mlflow' });
  expect(chosenRegistry({ ...uri, MLFLOW_TRACKING_TOKEN: 't' })).toMatchObject({ token: 't' });
  expect(
    chosenRegistry({ ...uri, MLFLOW_TRACKING_USERNAME: 'u', MLFLOW_TRACKING_PASSWORD: 'p' }),
  ).toMatchObject({
    basic: { user: 'u', password: 'p' },
  });
});

test('neither is refused', () => {
  expect(() => chosenRegistry({})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

test.for(['sqlite:///mlflow.db', './mlruns', 'http://', 'http://a?x=1', 'databricks', 'http://u:secret@a'])(
  '"%s" is no server, and no password is repeated',
  (text) => {
    const look = () => serverUrl(text, 'MLFLOW_TRACKING_URI');
    expect(look).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', field: 'MLFLOW_TRACKING_URI' }));
    expect(look).not.toThrow(/secret/);
  },
);
