import { type CovariateMoments, collinear, covariateMoments } from '../methods/covariate-moments.ts';
import {
  adjustedFromMoments,
  adjustedFromRows,
  type CovariateRows,
  INFERENCES,
  isExplained,
} from '../methods/regression-adjustment.ts';
import { level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { count, number, word } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, outOfRange, rectangular, sameLength } from './rules.ts';
import { isObject, list, object, optional, type Shape } from './shape.ts';

const rows = object({ y: list(number(), { atLeast: 2 }), x: list(list(number())) });
const moments = object({
  n: count({ min: 2, belowMin: 'too-few' }),
  mean: list(number(), { atLeast: 2 }),
  covariance: list(list(number()), { atLeast: 2 }),
});

/** Outcome first, then the covariates. */
interface GivenMoments {
  readonly n: number;
  readonly mean: number[];
  readonly covariance: number[][];
}
type GivenArm = { readonly rows: CovariateRows } | { readonly moments: GivenMoments };

/** `{y, x}` by unit, or `{n, mean, covariance}` of (outcome, covariates). */
const arm = (): Shape<GivenArm> => {
  const of = (value: unknown): boolean => isObject(value) && value.y !== undefined;
  return {
    optional: false,
    check: (phase, value, path) => (of(value) ? rows : moments).check(phase, value, path),
    read: (value) => (of(value) ? { rows: rows.read(value) } : { moments: moments.read(value) }),
  };
};

function momentsOf(given: GivenArm): CovariateMoments {
  if ('rows' in given) return covariateMoments(given.rows.y, given.rows.x);
  const { n, mean, covariance } = given.moments;
  const [meanY = 0, ...meanX] = mean;
  const [[varianceY = 0, ...covarianceXY] = [], ...rest] = covariance;
  return { n, meanY, varianceY, meanX, covarianceXY, covarianceX: rest.map((row) => row.slice(1)) };
}

interface Request {
  readonly control: GivenArm;
  readonly treatment: GivenArm;
  readonly covariateUntilMs: number[] | null;
  readonly exposureFromMs: number | null;
}

/** Arrays of one arm that belong together; `k` covariates as in the arm before. */
function shaped(field: string, given: GivenArm, k: number): Refusal | null {
  if ('rows' in given) {
    const { y, x } = given.rows;
    return firstOf(
      () => sameLength(y, { [`${field}.x`]: x }),
      () => rectangular(`${field}.x`, x, k),
    );
  }
  const { mean, covariance } = given.moments;
  return firstOf(
    () => sameLength(new Array(k + 1).fill(0), { [`${field}.mean`]: mean }),
    () => sameLength(mean, { [`${field}.covariance`]: covariance }),
    () => rectangular(`${field}.covariance`, covariance, k + 1),
    () => asymmetric(`${field}.covariance`, covariance),
  );
}

function asymmetric(field: string, m: number[][]): Refusal | null {
  for (const [i, row] of m.entries())
    for (const [j, value] of row.entries()) {
      const other = m[j]?.[i] ?? value;
      if (Math.abs(value - other) > 1e-9 * Math.max(Math.abs(value), Math.abs(other)))
        return outOfRange(
          `${field}[${i}][${j}]`,
          value,
          `[${j}][${i}] is ${other}`,
          'Give a symmetric matrix',
        );
    }
  return null;
}

const covariatesOf = (given: GivenArm): number =>
  'rows' in given ? (given.rows.x[0]?.length ?? 0) : given.moments.mean.length - 1;

function enough(field: string, given: GivenArm): Refusal | null {
  const [n, k] = ['rows' in given ? given.rows.y.length : given.moments.n, covariatesOf(given)];
  const where = 'rows' in given ? `${field}.y` : `${field}.n`;
  return n > k + 2
    ? null
    : refuse(
        'too-few',
        where,
        n,
        `${k} covariates need more than ${k + 2} units`,
        'Give more units, or fewer covariates',
      );
}

function varied(field: string, given: GivenArm): Refusal | null {
  const j = collinear(momentsOf(given));
  if (j === null) return null;
  const where = `${field}.${'rows' in given ? 'x' : 'covariance'}`;
  const rule = `covariate ${j} (from 0) does not vary in this arm, or is a combination of those before it`;
  return refuse('constant', where, j, rule, `Leave covariate ${j} out`);
}

function measuredBefore({ control, covariateUntilMs: until, exposureFromMs: from }: Request): Refusal | null {
  if (until === null && from === null) return null;
  const absent = until === null ? 'covariateUntilMs' : 'exposureFromMs';
  if (until === null || from === null)
    return refuse('missing-field', absent, null, 'the other of the two times is given', `Give ${absent}`);
  const found = sameLength(new Array(covariatesOf(control)).fill(0), { covariateUntilMs: until });
  if (found) return found;
  const late = until.findIndex((time) => time > from);
  if (late < 0) return null;
  const rule = `exposure began at ${from}: the covariate was measured after it`;
  return outOfRange(
    `covariateUntilMs[${late}]`,
    until[late],
    rule,
    'Give a covariate from before the first exposure',
  );
}

function rules(r: Request): Refusal | null {
  const k = covariatesOf(r.control);
  return firstOf(
    () => shaped('control', r.control, k),
    () => shaped('treatment', r.treatment, k),
    () => enough('control', r.control),
    () => enough('treatment', r.treatment),
    () => measuredBefore(r),
    () => varied('control', r.control),
    () => varied('treatment', r.treatment),
    () =>
      isExplained(momentsOf(r.control)) && isExplained(momentsOf(r.treatment)) ? still(r.control) : null,
  );
}

const still = (control: GivenArm): Refusal => {
  const field = 'rows' in control ? 'control.y' : 'control.covariance';
  return refuse(
    'constant',
    field,
    0,
    'the covariates leave no variation of it, in either arm',
    'Give outcomes that differ',
  );
};

export const REGRESSION: readonly Method[] = [
  method(
    'regression-adjustment',
    {
      control: arm(),
      treatment: arm(),
      ...level,
      inference: optional(word(INFERENCES), 'superpopulation'),
      covariateUntilMs: optional<number[] | null>(list(number()), null),
      exposureFromMs: optional<number | null>(number(), null),
    },
    (r) =>
      'rows' in r.control && 'rows' in r.treatment
        ? { ...adjustedFromRows(r.control.rows, r.treatment.rows, r), variance: 'hc2' }
        : { ...adjustedFromMoments(momentsOf(r.control), momentsOf(r.treatment), r), variance: 'analytic' },
    rules,
  ),
];
