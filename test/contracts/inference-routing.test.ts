import { armOf, inCanary, inLayerShare } from '@assay/domain/assignment';
import { catEvidence } from '@assay/model-servers/evidence/cat';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { infer, rankingInputs, refusal, requestOf, type Told } from './inference-calls.ts';
import { endpoint, ModelServerProcess, served } from './inference-server.ts';

const MODELS = { champion: 'ranking-affinity', canary: 'ranking-price', arm: 'ranking-margin' };
const WEIGHT = 0.3;
const canary = { ...served('2', MODELS.canary), rollout: 'r1', weight: WEIGHT };
const experiment = {
  id: 'x1',
  layer: { id: 'l1', from: 0.2, to: 0.7 },
  arms: [
    { name: 'control', weight: 0.6 },
    { name: 'treatment', weight: 0.4, served: served('3', MODELS.arm) },
  ],
};

let server: ModelServerProcess;
beforeAll(async () => {
  server = await ModelServerProcess.start([
    endpoint('plain', 'ranking', MODELS.champion, { pinnable: [served('0', MODELS.arm)] }),
    endpoint('canary', 'ranking', MODELS.champion, { canary }),
    endpoint('both', 'ranking', MODELS.champion, { canary, experiments: [experiment] }),
    endpoint('stores', 'ranking', MODELS.champion, {
      experiments: [{ ...experiment, id: 'x2', treatedUnits: ['store-1', 'store-4'] }],
    }),
    endpoint('shadowed', 'ranking', MODELS.champion, {
      shadows: [
        { ...served('8', 'ranking-price'), sample: 1 },
        { ...served('9', 'ranking-fails'), sample: 1 },
      ],
    }),
  ]);
});
afterAll(() => server[Symbol.asyncDispose]());

const INPUTS = rankingInputs([0.3, 0.1, 0.2], { price: [1, 3, 2] });
const ask = (name: string, unit: string, version = ''): Promise<Told> =>
  infer(server, requestOf(name, INPUTS, { unit, version }));

test('property: the server routes as the domain assigns, experiment before canary before champion', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), async (unit) => {
      const told = await ask('both', unit);
      const { layer, arms } = experiment;
      if (inLayerShare(layer.id, unit, layer.from, layer.to)) {
        const arm = armOf(
          experiment.id,
          arms.map((a) => a.weight),
          unit,
        );
        expect([told.arm, told.version, told.reason]).toEqual([
          arms[arm]?.name,
          arm === 0 ? '1' : '3',
          'experiment',
        ]);
      } else if (inCanary('r1', unit, WEIGHT)) expect([told.arm, told.version]).toEqual(['canary', '2']);
      else expect([told.arm, told.version]).toEqual(['champion', '1']);
      expect((await ask('both', unit)).arm).toBe(told.arm);
    }),
    { numRuns: 150 },
  );
});

test('canary: its share of units, its own model, the rollout on both sides, propensities logged', async () => {
  const units = Array.from({ length: 600 }, (_, i) => `unit-${i}`);
  const told = await Promise.all(units.map((u) => ask('canary', u)));
  const inside = told.filter((t) => t.arm === 'canary');
  // Binomial(600, 0.3) is within 180 ± 5 sd of 11.2 but once in 10^6; the units are fixed, so this is no dice
  expect(Math.abs(inside.length - 180)).toBeLessThan(56);
  expect(inside.length).toBe(units.filter((u) => inCanary('r1', u, WEIGHT)).length);
  for (const t of told)
    expect(t.values.item_id).toEqual(t.arm === 'canary' ? [101, 102, 100] : [100, 102, 101]);
  const byId = new Map<unknown, Record<string, unknown>>();
  for await (const row of catEvidence(server.evidence, () => undefined)) byId.set(row.decision_id, row);
  for (const t of told)
    expect(byId.get(t.decisionId)).toMatchObject({
      rollout: 'r1',
      arm: t.arm,
      version: t.version,
      propensity: t.arm === 'canary' ? WEIGHT : 1 - WEIGHT,
    });
});

test('units named for the treatment get it, all others are control', async () => {
  const arms = await Promise.all(['store-1', 'store-2', 'store-3', 'store-4'].map((u) => ask('stores', u)));
  expect(arms.map((t) => [t.arm, t.version])).toEqual([
    ['treatment', '3'],
    ['control', '1'],
    ['control', '1'],
    ['treatment', '3'],
  ]);
});

test.for([
  { at: 'both', version: '1', what: 'champion' },
  { at: 'both', version: '2', what: 'canary' },
  { at: 'both', version: '3', what: 'arm of an experiment' },
  { at: 'shadowed', version: '8', what: 'shadow' },
  { at: 'plain', version: '0', what: 'former version' },
])('a pin is served by the $what, outside of every comparison', async ({ at, version }) => {
  const told = await ask(at, 'u', version);
  expect([told.version, told.arm, told.reason]).toEqual([version, 'pinned', 'pinned']);
});

test('an unknown version and an unknown endpoint are NOT_FOUND', async () => {
  const version = await refusal(ask('plain', 'u', '77'));
  expect([version.code, version.reason, version.metadata.field]).toEqual([
    5,
    'MODEL_VERSION_UNKNOWN',
    'model_version',
  ]);
  for (const name of ['nowhere', '', '__proto__', 'constructor']) {
    const unknown = await refusal(ask(name, 'u'));
    expect([unknown.code, unknown.reason]).toEqual([5, 'ENDPOINT_UNKNOWN']);
  }
});

test('no unit: one is drawn, returned and marked as not sticky; sent back it is kept', async () => {
  const told = await infer(server, requestOf('both', INPUTS));
  const drawn = told.answer.parameters.unit_id?.parameterChoice?.value;
  expect(drawn).toMatch(/^[0-9a-f-]{36}$/);
  expect(told.answer.parameters.sticky?.parameterChoice?.value).toBe(false);
  const again = await ask('both', String(drawn));
  expect([again.arm, again.answer.parameters.sticky?.parameterChoice?.value]).toEqual([told.arm, true]);
});

test('shadows: the answer is the champion’s; copies are recorded, failures with their status', async () => {
  const told = await infer(
    server,
    requestOf('shadowed', rankingInputs([0.3, 0.1], { first: 7, price: [1, 3] }), { unit: 'u' }),
  );
  expect([told.version, told.arm]).toEqual(['1', 'champion']);
  await expect
    .poll(
      async () => {
        const rows: string[] = [];
        for await (const r of catEvidence(server.evidence, () => undefined))
          if (r.decision_id === told.decisionId) rows.push(`${r.role} ${r.version} ${r.arm} ${r.status}`);
        return rows.sort();
      },
      { timeout: 10_000 },
    )
    .toEqual(['served 1 champion OK', 'shadow 8 shadow OK', 'shadow 9 shadow INTERNAL']);
});
