import { conformalTest } from '../methods/conformal-test.ts';
import { did, isAbsorbed, type PanelRows, treatmentVariation } from '../methods/did.ts';
import { placeboTest } from '../methods/placebo-test.ts';
import { nestedControl, type Predictors, predictorControl } from '../methods/predictor-synthetic-control.ts';
import { syntheticControl } from '../methods/synthetic-control.ts';
import { placeboInterval, syntheticDid } from '../methods/synthetic-did.ts';
import { level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { binary, count, flag, number, word } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, hasPostPeriod, outOfRange, rectangular, sameLength } from './rules.ts';
import { list, object, optional, type Shape } from './shape.ts';

export const prePeriods = count({ min: 1 });
export const panel = { treated: list(number()), donors: list(list(number())), prePeriods };
const units = { outcomes: list(list(number())), prePeriods };

export function panelRules(r: { treated: number[]; donors: number[][]; prePeriods: number }): Refusal | null {
  return firstOf(
    () => rectangular('donors', r.donors, r.treated.length),
    () => hasPostPeriod(r.prePeriods, r.treated.length),
  );
}

export function duplicateRow({ unit, time }: Pick<PanelRows, 'unit' | 'time'>): Refusal | null {
  const seen = new Set<string>();
  for (const [i, u] of unit.entries()) {
    const key = `${u}@${time[i]}`;
    if (seen.has(key))
      return refuse(
        'duplicate',
        `time[${i}]`,
        time[i],
        `unit ${u} has it already`,
        'Give one row a unit and time',
      );
    seen.add(key);
  }
  return null;
}

function didRules(r: PanelRows): Refusal | null {
  const [unitCount, rows] = [new Set(r.unit).size, r.y.length];
  const parameters = unitCount + new Set(r.time).size;
  return firstOf(
    () => sameLength(r.y, { unit: r.unit, time: r.time, treated: r.treated }),
    () => duplicateRow(r),
    () =>
      unitCount < 2
        ? refuse('too-few', 'unit', unitCount, 'one unit has no comparison', 'Give two units or more')
        : null,
    () =>
      isAbsorbed(treatmentVariation(r))
        ? refuse(
            'constant',
            'treated',
            null,
            'it does not vary beyond units and times',
            'Give units that are treated and units that are not',
          )
        : null,
    () =>
      rows <= parameters
        ? refuse('too-few', 'y', rows, `${parameters} effects leave no degree of freedom`, 'Give more rows')
        : null,
  );
}

function placeboRules(r: { outcomes: number[][]; treated: number; prePeriods: number }): Refusal | null {
  const units = r.outcomes.length;
  return firstOf(
    () =>
      r.treated >= units
        ? outOfRange('treated', r.treated, `there are ${units} units`, `Give an index below ${units}`)
        : null,
    () => hasPostPeriod(r.prePeriods, r.outcomes[0]?.length ?? 0),
    () => rectangular('outcomes', r.outcomes),
    () =>
      units < 3
        ? refuse('empty', 'outcomes', units, 'a placebo has no donor', 'Give three units or more')
        : null,
  );
}

interface ControlRequest {
  readonly treated: number[];
  readonly donors: number[][];
  readonly prePeriods: number;
  readonly fit: 'outcomes' | 'predictors';
  readonly predictors: Predictors | null;
  readonly v: 'nested' | number[] | null;
}

/** Numbers ≥ 0, or the word that asks for the nested search. */
function predictorWeights(): Shape<'nested' | number[]> {
  const numbers = list(number({ min: 0 }));
  const nested = word(['nested'] as const);
  const of = (value: unknown): Shape<'nested' | number[]> => (typeof value === 'string' ? nested : numbers);
  return {
    optional: false,
    check: (phase, value, path) => of(value).check(phase, value, path),
    read: (value) => of(value).read(value),
  };
}

function predictorRules({ donors, fit, predictors, v }: ControlRequest): Refusal | null {
  if (fit === 'outcomes') return null;
  const needed = (field: string): Refusal =>
    refuse('missing-field', field, null, 'this fit needs it', `Give ${field}`);
  if (predictors === null) return needed('predictors');
  if (v === null) return needed('v');
  const k = predictors.treated.length;
  return firstOf(
    () => sameLength(donors, { 'predictors.donors': predictors.donors }),
    () => rectangular('predictors.donors', predictors.donors, k),
    () => (v === 'nested' ? null : sameLength(predictors.treated, { v })),
    () =>
      v !== 'nested' && v.every((x) => x === 0)
        ? outOfRange('v', v, 'every predictor has weight 0', 'Give a weight above 0')
        : null,
  );
}

function controlOf(r: ControlRequest): object {
  if (r.fit === 'outcomes' || r.predictors === null || r.v === null)
    return syntheticControl(r.treated, r.donors, r.prePeriods);
  return r.v === 'nested' ? nestedControl(r, r.predictors) : predictorControl(r, r.predictors, r.v);
}

export const QUASI_EXPERIMENTS: readonly Method[] = [
  method(
    'synthetic-control',
    {
      ...panel,
      fit: optional(word(['outcomes', 'predictors'] as const), 'outcomes'),
      predictors: optional<Predictors | null>(
        object({ treated: list(number()), donors: list(list(number())) }),
        null,
      ),
      v: optional<'nested' | number[] | null>(predictorWeights(), null),
    },
    controlOf,
    (r) =>
      firstOf(
        () => panelRules(r),
        () => predictorRules(r),
      ),
  ),
  method(
    'placebo-test',
    { outcomes: units.outcomes, treated: count(), prePeriods },
    (r) => placeboTest(r.outcomes, r.treated, r.prePeriods),
    placeboRules,
  ),
  method(
    'conformal-test',
    { ...panel, effect: optional(number(), 0) },
    (r) => conformalTest(r.treated, r.donors, r.prePeriods, r.effect),
    panelRules,
  ),
  method(
    'synthetic-did',
    {
      outcomes: units.outcomes,
      controls: count({ min: 1 }),
      prePeriods: count({ min: 2 }),
      placebo: optional(flag(), false),
      ...level,
    },
    (r) => {
      const found = syntheticDid(r.outcomes, r.controls, r.prePeriods);
      const options = { prePeriods: r.prePeriods, estimate: found.estimate, alpha: r.alpha };
      return r.placebo ? { ...found, ...placeboInterval(r.outcomes, r.controls, options) } : found;
    },
    (r) =>
      firstOf(
        () => rectangular('outcomes', r.outcomes),
        () =>
          r.controls >= r.outcomes.length
            ? outOfRange(
                'controls',
                r.controls,
                'no treated unit is left',
                `Give at most ${r.outcomes.length - 1}`,
              )
            : null,
        () => hasPostPeriod(r.prePeriods, r.outcomes[0]?.length ?? 0),
        () =>
          r.placebo && r.controls <= r.outcomes.length - r.controls
            ? refuse(
                'too-few',
                'controls',
                r.controls,
                'placebos need more controls than treated units',
                'Leave placebo out, or give more controls',
              )
            : null,
      ),
  ),
  method(
    'did',
    { y: list(number()), unit: list(number()), time: list(number()), treated: list(binary()), ...level },
    (r) => did(r, r.alpha),
    didRules,
  ),
];
