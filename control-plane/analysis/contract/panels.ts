import { augmentedSyntheticControl } from '../methods/augmented-synthetic-control.ts';
import { callawaySantanna } from '../methods/callaway-santanna.ts';
import { type CohortRows, eventStudy, studiedTimes } from '../methods/event-study.ts';
import { level } from './fixed-horizon.ts';
import { type Method, method } from './method.ts';
import { count, number, word } from './number-shapes.ts';
import { duplicateRow, panel, panelRules } from './quasi-experiments.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, sameLength } from './rules.ts';
import { list, optional } from './shape.ts';

const cohorts = {
  y: list(number()),
  unit: list(number()),
  time: list(number()),
  firstTreated: list(number({ min: 0 })),
};

const aligned = (r: CohortRows): Refusal | null =>
  firstOf(
    () => sameLength(r.y, { unit: r.unit, time: r.time, firstTreated: r.firstTreated }),
    () => duplicateRow(r),
  );

const absorbed = (): Refusal =>
  refuse(
    'constant',
    'firstTreated',
    null,
    'event times cannot be told from units and times',
    'Give units treated at other times, or never',
  );

export const PANELS: readonly Method[] = [
  method(
    'augmented-synthetic-control',
    { ...panel, lambda: number({ min: 0 }) },
    (r) => augmentedSyntheticControl(r.treated, r.donors, r.prePeriods, r.lambda),
    panelRules,
  ),
  method(
    'event-study',
    { ...cohorts, reference: optional(count({}), -1), ...level },
    (r) => eventStudy(r, r.reference) ?? {},
    (r) =>
      firstOf(
        () => aligned(r),
        () =>
          studiedTimes(r, r.reference).length === 0 || eventStudy(r, r.reference) === null
            ? absorbed()
            : null,
      ),
  ),
  method(
    'callaway-santanna',
    { ...cohorts, controlGroup: word(['never-treated', 'not-yet-treated'] as const) },
    (r) => callawaySantanna(r, r.controlGroup) ?? {},
    (r) =>
      firstOf(
        () => aligned(r),
        () =>
          callawaySantanna(r, r.controlGroup) === null
            ? refuse(
                'empty',
                'firstTreated',
                null,
                'no treated unit has a control',
                'Give units that are never treated',
              )
            : null,
      ),
  ),
];
