import { clusterMeanDifference } from '../methods/cluster-mean-difference.ts';
import { equivalence } from '../methods/equivalence.ts';
import { metaAnalysis } from '../methods/meta-analysis.ts';
import { quantileDifference, quantileInterval, quantileMinimum } from '../methods/quantiles.ts';
import { arm, constantArms } from './arm-shape.ts';
import { level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { alpha, binary, number } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, sameLength, varies } from './rules.ts';
import { list, object } from './shape.ts';

const sample = object({ values: list(number(), { atLeast: 2 }) });

interface QuantileRequest {
  readonly control: { readonly values: number[] };
  readonly treatment: { readonly values: number[] };
  readonly q: number;
}

function quantileRules({ control, treatment, q }: QuantileRequest): Refusal | null {
  const least = quantileMinimum(q);
  const few = (field: string, values: readonly number[]): Refusal | null =>
    values.length > least
      ? null
      : refuse(
          'too-few',
          field,
          values.length,
          `quantile ${q} needs more than ${least} values`,
          'Give more values',
        );
  return firstOf(
    () => few('control.values', control.values),
    () => few('treatment.values', treatment.values),
    () => (varies('treatment.values', treatment.values) ? varies('control.values', control.values) : null),
  );
}

export const FIXED_HORIZON_MORE: readonly Method[] = [
  method(
    'cluster-mean-difference',
    { y: list(number(), { atLeast: 3 }), treated: list(binary()), cluster: list(number()), ...level },
    (r) => clusterMeanDifference(r, r.alpha),
    (r) =>
      firstOf(
        () => sameLength(r.y, { treated: r.treated, cluster: r.cluster }),
        () =>
          new Set(r.cluster).size < 2
            ? refuse('too-few', 'cluster', 1, 'one cluster has no error', 'Give two or more')
            : null,
        () => varies('treated', r.treated),
        () => varies('y', r.y),
      ),
  ),
  method(
    'quantile-difference',
    { control: sample, treatment: sample, q: alpha(), ...level },
    (r) => quantileDifference(r.control.values, r.treatment.values, r.q, r.alpha),
    quantileRules,
  ),
  method('quantile-interval', { values: list(number()), q: alpha(), ...level }, (r) =>
    quantileInterval(r.values, r.q, r.alpha),
  ),
  method(
    'equivalence',
    { control: arm(), treatment: arm(), margin: number({ min: 0 }), ...level },
    (r) => equivalence(r.control, r.treatment, r),
    constantArms,
  ),
  method(
    'meta-analysis',
    { effect: list(number(), { atLeast: 2 }), variance: list(number({ above: 0 })), ...level },
    (r) => metaAnalysis(r.effect, r.variance),
    (r) => sameLength(r.effect, { variance: r.variance }),
  ),
];
