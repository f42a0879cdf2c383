import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MlflowServer, startMlflowServer } from '../plane/mlflow-server.ts';
import { databaseOf } from '../plane/postgres.ts';
import { DEVIATIONS } from './registry-conformance/deviations.ts';
import { driven } from './registry-conformance/drivers.ts';
import { SCENARIOS } from './registry-conformance/scenarios.ts';
import { openSession, type Transcript } from './registry-conformance/session.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';

/** What the real server keeps its rows in: SQLite is its default; ASSAY_CONFORMANCE=sqlite,postgresql compares with both. */
const BACKENDS = (process.env.ASSAY_CONFORMANCE || 'sqlite').split(',').map((name) => {
  if (name === 'sqlite' || name === 'postgresql') return name;
  throw new Error(`ASSAY_CONFORMANCE "${name}" is neither sqlite nor postgresql`);
});

/** The real server may call receivers on this machine too, and finds new webhooks at once. */
const RECEIVERS = {
  MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
  MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
  MLFLOW_WEBHOOK_CACHE_TTL: '0',
};

/**
 * Every failure of ours counts. The real server closes a connection after five idle seconds, at times just as a busy client writes to
 * it, and its search of runs imports a module in the request, so that of two at once one may meet half of it.
 */
const THEIR_RETRIES = 3;

/** Every answer equal, but where the table of deviations says what ours is instead. Counts the answers. */
function compare(scenario: string, ours: Transcript, theirs: Transcript): number {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  const expected = Object.entries(theirs).map(([step, answer]) => {
    const deviation = DEVIATIONS[`${scenario}: ${step}`];
    if (deviation === undefined) return [step, answer];
    expect([step, answer], `${step} deviates no more`).not.toEqual([step, deviation.ours]);
    return [step, deviation.ours];
  });
  expect(ours).toEqual(Object.fromEntries(expected));
  return expected.length;
}

describe.for(BACKENDS)('Assay answers as MLflow on %s', (backend) => {
  let registry: TestRegistry;
  let mlflow: MlflowServer;
  let checks = 0;

  beforeAll(async () => {
    registry = await startTestRegistry();
    const rows = backend === 'sqlite' ? 'sqlite:///mlflow.db' : await databaseOf(registry.database, 'mlflow');
    mlflow = await startMlflowServer(rows, 1, RECEIVERS);
  });
  afterAll(async () => {
    await mlflow?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
  });

  test.for(Object.entries(SCENARIOS))('%s', async ([name, scenario]) => {
    const [ours, theirs] = [openSession(registry.url, 0), openSession(mlflow.url, THEIR_RETRIES)];
    await Promise.all([scenario(ours), scenario(theirs)]);
    checks += compare(name, ours.transcript, theirs.transcript);
  });

  test.for(['client.py', 'fluent.py'] as const)('the unchanged Python client: %s', async (script) => {
    const [ours, theirs] = await Promise.all([
      driven(script, registry.url, 0),
      driven(script, mlflow.url, THEIR_RETRIES),
    ]);
    checks += compare(script, ours, theirs);
  });

  test('at least 300 answers were compared', () => expect(checks).toBeGreaterThanOrEqual(300));
});
