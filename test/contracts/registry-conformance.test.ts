import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MlflowServer, startMlflowServer } from '../plane/mlflow-server.ts';
import { DEVIATIONS } from './registry-conformance/deviations.ts';
import { driven } from './registry-conformance/drivers.ts';
import { SCENARIOS } from './registry-conformance/scenarios.ts';
import { openSession, type Transcript } from './registry-conformance/session.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';

let registry: TestRegistry;
let mlflow: MlflowServer;
let checks = 0;

beforeAll(async () => {
  [registry, mlflow] = await Promise.all([
    startTestRegistry(),
    startMlflowServer('sqlite:///mlflow.db', 1, { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' }),
  ]);
});
afterAll(async () => {
  await Promise.all([registry[Symbol.asyncDispose](), mlflow[Symbol.asyncDispose]()]);
});

/** Every answer equal, but where the table of deviations says what ours is instead. */
function compare(scenario: string, ours: Transcript, theirs: Transcript): void {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  const expected = Object.entries(theirs).map(([step, answer]) => {
    const deviation = DEVIATIONS[`${scenario}: ${step}`];
    if (deviation === undefined) return [step, answer];
    expect([step, answer], `${step} deviates no more`).not.toEqual([step, deviation.ours]);
    return [step, deviation.ours];
  });
  checks += expected.length;
  expect(ours).toEqual(Object.fromEntries(expected));
}

describe('Assay answers as MLflow', () => {
  test.for(Object.entries(SCENARIOS))('%s', async ([name, scenario]) => {
    const [ours, theirs] = [openSession(registry.url), openSession(mlflow.url)];
    await Promise.all([scenario(ours), scenario(theirs)]);
    compare(name, ours.transcript, theirs.transcript);
  });

  test.for(['client.py', 'fluent.py'] as const)('the unchanged Python client: %s', async (script) => {
    const [ours, theirs] = await Promise.all([driven(script, registry.url), driven(script, mlflow.url)]);
    compare(script, ours, theirs);
  });

  test('at least 300 answers were compared', () => expect(checks).toBeGreaterThanOrEqual(300));
});
