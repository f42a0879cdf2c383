import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PredictionFields, predictionRecord } from './prediction-record.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 150 });
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const number = fc.double({ noNaN: true });
const tensor = fc.record({
  name: text,
  datatype: text,
  shape: fc.array(whole, { maxLength: 3 }),
  data: fc.uint8Array({ maxLength: 20_000 }).map((b) => Buffer.from(b)),
});
const trip = fc.record({
  rule: text,
  kind: fc.constant('bid-cap' as const),
  value: number,
  limit: number,
  action: fc.constant('clamp' as const),
});
const fields: fc.Arbitrary<PredictionFields> = fc.record({
  ...{ decisionId: text, role: text, atMs: whole, endpoint: text, family: text, unitKey: text },
  ...{ sticky: fc.boolean(), requestId: text, model: text, version: text, digest: text, arm: text },
  ...{ experiment: text, rollout: text, reason: text, propensity: number, status: text },
  ...{ latencyUs: whole, policyDigest: text, routeVersion: whole, runtime: text },
  guardrails: fc.array(trip, { maxLength: 2 }),
  inputs: fc.array(tensor, { maxLength: 3 }),
  outputs: fc.array(tensor, { maxLength: 2 }),
  features: fc.array(number, { maxLength: 70 }),
  served: fc.constant([]),
});

test('served numbers: each under its name, zeros too, none beyond the names', () => {
  const names = ['price', 'price_1', 'ü'.repeat(70)];
  const columns = [
    { names, values: Float32Array.of(0, -1.5) },
    { names: ['label', 'label_1'], values: [7, 8, 9] },
    { names, values: [1, 2, 3] },
  ];
  const empty = fc.sample(fields, { numRuns: 1, seed: 1 })[0] as PredictionFields;
  for (const [served, expected] of [
    [columns.slice(0, 2), { price: 0, price_1: -1.5, label: 7, label_1: 8 }],
    [columns.slice(2), { price: 1, price_1: 2, ['ü'.repeat(70)]: 3 }],
    [[], {}],
  ] as const) {
    const { record } = EvidenceRecord.decode(predictionRecord({ ...empty, served }));
    expect(record).toMatchObject({ $case: 'prediction', value: { served: expected } });
  }
});

test('property: a record is that of the generated encoder', () => {
  fc.assert(
    fc.property(fields, (f) => {
      const tensors = (all: PredictionFields['inputs']): { shape: bigint[] }[] =>
        all.map((t) => ({ ...t, shape: t.shape.map(BigInt) }));
      const value = {
        ...f,
        atMs: BigInt(f.atMs),
        latencyUs: BigInt(f.latencyUs),
        routeVersion: BigInt(f.routeVersion),
        inputs: tensors(f.inputs),
        served: {},
        outputs: tensors(f.outputs),
      };
      const generated = EvidenceRecord.encode({ record: { $case: 'prediction', value } as never }).finish();
      expect(Buffer.from(predictionRecord(f))).toEqual(Buffer.from(generated));
    }),
    { numRuns: 300 },
  );
});
