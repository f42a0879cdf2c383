import { catEvidence } from '@assay/model-servers/evidence/cat';
import type { AssignResponse, Outcome, OutcomesReceipt } from '@assay/proto/gen/events/evidence';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { biddingInputs, infer, refusal, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess, served } from './inference-server.ts';

let server: ModelServerProcess;
beforeAll(async () => {
  const canary = { ...served('2', 'bidding-affinity'), rollout: 'r', weight: 0.5 };
  server = await ModelServerProcess.start([
    endpoint('bid', 'bidding', 'bidding-affinity', { canary }),
    endpoint('ad', 'bidding', 'bidding-affinity'),
  ]);
});
afterAll(() => server[Symbol.asyncDispose]());

const outcome = (id: string, more: Partial<Outcome> = {}): Outcome => ({
  outcomeId: id,
  endpoint: 'bid',
  decisionId: 'd',
  unitId: '',
  occurredAtMs: 1_000n,
  metrics: { profit_cents: 1.5 },
  labels: {},
  period: undefined,
  ...more,
});

function send(outcomes: readonly Outcome[]): Promise<OutcomesReceipt> {
  return new Promise((resolve, reject) => {
    const call = server.outcomes.recordOutcomes((error, receipt) =>
      error ? reject(error) : resolve(receipt),
    );
    for (const o of outcomes) call.write(o);
    call.end();
  });
}

async function recorded(kind: string): Promise<readonly Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for await (const record of catEvidence(server.evidence, () => undefined))
    if (record.kind === kind) rows.push(record);
  return rows;
}

test('outcomes: accepted once, repeats counted, bad ones refused one by one', async () => {
  const receipt = await send([
    outcome('a', { labels: { clicked: 1 }, period: 7n }),
    outcome('a'),
    outcome('b', { decisionId: '', unitId: 'anna' }),
    outcome('nowhere', { endpoint: 'none' }),
    outcome('nan', { metrics: { profit_cents: Number.NaN } }),
    outcome('infinite', { labels: { clicked: Number.POSITIVE_INFINITY } }),
    outcome('', {}),
    outcome('orphan', { decisionId: '' }),
    outcome('timeless', { occurredAtMs: 0n }),
  ]);
  expect([receipt.accepted, receipt.duplicates]).toEqual([2n, 1n]);
  expect(receipt.refused.map((r) => [r.id, r.code])).toEqual([
    ['nowhere', 'ENDPOINT_UNKNOWN'],
    ['nan', 'OUTCOME_INVALID'],
    ['infinite', 'OUTCOME_INVALID'],
    ['', 'OUTCOME_INVALID'],
    ['orphan', 'OUTCOME_INVALID'],
    ['timeless', 'OUTCOME_INVALID'],
  ]);
  // The receipt is the promise that they are written
  const rows = await recorded('outcomes');
  expect(rows.filter((r) => r.outcome_id === 'a')).toMatchObject([
    { decision_id: 'd', unit_key: '', metrics: { profit_cents: 1.5 }, labels: { clicked: 1 }, period: 7 },
  ]);
  expect(String(rows.find((r) => r.outcome_id === 'b')?.unit_key)).toMatch(/^[0-9a-f]{32}$/);
});

test('the same id on another endpoint is another outcome', async () => {
  const receipt = await send([
    outcome('order-7'),
    outcome('order-7', { endpoint: 'ad' }),
    outcome('order-7'),
  ]);
  expect([receipt.accepted, receipt.duplicates]).toEqual([2n, 1n]);
  const rows = (await recorded('outcomes')).filter((r) => r.outcome_id === 'order-7');
  expect(rows.map((r) => r.endpoint).sort()).toEqual(['ad', 'bid']);
});

test('a unit has one key, in predictions and in outcomes', async () => {
  const told = await infer(server, requestOf('bid', biddingInputs(0, 10), { unit: 'bert' }));
  await send([outcome('bert-1', { decisionId: '', unitId: 'bert' })]);
  const prediction = (await recorded('predictions')).find((r) => r.decision_id === told.decisionId);
  const told1 = (await recorded('outcomes')).find((r) => r.outcome_id === 'bert-1');
  expect(prediction?.unit_key).toBe(told1?.unit_key);
});

test('outcomes over HTTP', async () => {
  const post = (body: unknown): Promise<Response> =>
    fetch(`${server.http}/v2/outcomes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const one = {
    outcome_id: 'h1',
    endpoint: 'bid',
    decision_id: 'd',
    occurred_at_ms: 5,
    metrics: { profit_cents: 2 },
  };
  expect(await (await post({ outcomes: [one, one] })).json()).toEqual({
    accepted: 1,
    duplicates: 1,
    refused: [],
  });
  const bad = await post({ outcomes: [{ endpoint: 'bid' }] });
  expect([bad.status, (await bad.json()).code]).toEqual([400, 'REQUEST_INVALID']);
});

test('exposures and assignment', async () => {
  const assigned = await new Promise<AssignResponse>((resolve, reject) =>
    server.outcomes.assign({ endpoint: 'bid', unitId: 'anna' }, (e, a) => (e ? reject(e) : resolve(a))),
  );
  const told = await infer(server, requestOf('bid', biddingInputs(0, 10), { unit: 'anna' }));
  expect([assigned.arm, assigned.version, assigned.rollout]).toEqual([told.arm, told.version, 'r']);
  expect([assigned.propensity, assigned.sticky]).toEqual([0.5, true]);
  const nowhere = await refusal(
    new Promise((resolve, reject) =>
      server.outcomes.assign({ endpoint: 'none', unitId: '' }, (e, a) => (e ? reject(e) : resolve(a))),
    ),
  );
  expect([nowhere.code, nowhere.reason]).toEqual([5, 'ENDPOINT_UNKNOWN']);
  const exposure = {
    exposureId: 'x1',
    endpoint: 'bid',
    experiment: 'e',
    unitId: 'anna',
    arm: 'a',
    occurredAtMs: 5n,
  };
  const receipt = await new Promise<{
    accepted: bigint;
    duplicates: bigint;
    refused: readonly { code: string }[];
  }>((resolve, reject) => {
    const call = server.outcomes.recordExposures((e, r) => (e ? reject(e) : resolve(r)));
    for (const x of [exposure, exposure, { ...exposure, exposureId: 'x2', arm: '' }]) call.write(x);
    call.end();
  });
  expect([receipt.accepted, receipt.duplicates, receipt.refused.map((r) => r.code)]).toEqual([
    1n,
    1n,
    ['OUTCOME_INVALID'],
  ]);
  expect(await recorded('exposures')).toMatchObject([{ exposure_id: 'x1', experiment: 'e', arm: 'a' }]);
});
