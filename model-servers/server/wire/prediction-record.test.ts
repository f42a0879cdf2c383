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
  served: fc.dictionary(
    text.filter((name) => name !== '__proto__'),
    number,
    { maxKeys: 4 },
  ),
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
        outputs: tensors(f.outputs),
      };
      const generated = EvidenceRecord.encode({ record: { $case: 'prediction', value } as never }).finish();
      expect(Buffer.from(predictionRecord(f))).toEqual(Buffer.from(generated));
    }),
    { numRuns: 300 },
  );
});
