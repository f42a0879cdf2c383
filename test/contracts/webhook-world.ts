import { TOKENS } from './registry-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests dig into answers of several shapes
export type Loose = any;
export interface Answer {
  readonly status: number;
  readonly body: Loose;
}

export type Ask = (method: string, path: string, body?: object, token?: string) => Promise<Answer>;

/** Calls of a registry as a role; `path` begins at the door. */
export const asking =
  (url: string): Ask =>
  async (method, path, body, token = TOKENS.scientist) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };

export const MLFLOW = '/api/2.0/mlflow';
export const ASSAY = '/api/assay/v1/webhooks';

/** A model with versions that hold no files. */
export async function model(ask: Ask, name: string, versions = 1): Promise<void> {
  await ask('POST', `${MLFLOW}/registered-models/create`, { name });
  for (let i = 0; i < versions; i++) await version(ask, name);
}

export const version = (ask: Ask, name: string): Promise<Answer> =>
  ask('POST', `${MLFLOW}/model-versions/create`, { name, source: 's3://bucket/model' });

export const alias = (ask: Ask, name: string, named: string, to: string): Promise<Answer> =>
  ask('POST', `${MLFLOW}/registered-models/alias`, { name, alias: named, version: to });
