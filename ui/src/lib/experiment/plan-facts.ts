import type { ExperimentPlan } from '@assay/domain/experiment';
import type { MetricSpec } from '@assay/domain/metric';
import { formatDuration, formatNumber, formatPercent, plural } from '../shared/format.ts';
import { ANALYSIS } from './words.ts';

type Fact = readonly [label: string, value: string];

export const planFacts = (plan: ExperimentPlan): readonly Fact[] => [
  ['Owner', plan.owner],
  ['Endpoint', plan.endpoint],
  ['Unit', plan.unit],
  ['Analysis', ANALYSIS[plan.analysis]],
  ['North star', metricWords(plan.northStar)],
  ['Smallest effect of interest', `${formatNumber(plan.smallestEffect)} ${plan.northStar.unit}`],
  ['Error rates', `alpha ${formatNumber(plan.alpha)}, power ${formatPercent(plan.power)}`],
  ['Layer', `${plan.layer.id}, ${formatPercent(plan.layer.to - plan.layer.from)} of its units`],
  ...(plan.treatedUnits === undefined ? [] : [['Treated unit', plan.treatedUnits.join(', ')] as const]),
];

/** “unit_id of the request” says where a unit comes from, and has no plural. */
const unitWord = (unit: string): string => (unit.includes(' ') ? 'unit' : unit);

/** When it may stop, as the plan fixed it. */
export function stopFacts(plan: ExperimentPlan): readonly Fact[] {
  const { stop } = plan;
  const enough: Fact =
    plan.analysis === 'ab'
      ? [
          'Not before',
          `${plural(stop.minUnitsPerArm, unitWord(plan.unit))} an arm and ${formatDuration(stop.minDurationMs)}`,
        ]
      : [
          'Not before',
          `${plural(stop.prePeriods, 'period')} before and ${plural(stop.postPeriods, 'period')} after the start`,
        ];
  return [
    enough,
    ['At the latest', formatDuration(stop.timeoutMs)],
    ['Looks every', formatDuration(stop.lookEveryMs)],
  ];
}

/** Who is compared with whom where one named unit is treated; `units` are the last look's counts. */
export function panelFacts(
  { treatedUnits = [], stop, unit }: ExperimentPlan,
  units: Readonly<Record<string, number>>,
): readonly Fact[] {
  const donors = units.donors;
  return [
    ['Treated', treatedUnits.join(', ')],
    ['Compared with', donors === undefined ? 'no look yet' : `a mix of ${plural(donors, `other ${unit}`)}`],
    ['Periods since the start', `${formatNumber(units.periods ?? 0)} of ${formatNumber(stop.postPeriods)}`],
  ];
}

/** “Orders: not lower by more than 0.03 orders per session”; with a tolerance, what stops it early too. */
export function guardrailWords({
  label,
  better,
  unit,
  nonInferiorityMargin,
  tolerance = 0,
}: MetricSpec): string {
  const worse = better === 'higher' ? 'lower' : 'higher';
  const early = tolerance === 0 ? '' : `; stopped early beyond ${formatNumber(tolerance)}`;
  return `${label}: not ${worse} by more than ${formatNumber(nonInferiorityMargin)} ${unit}${early}`;
}

const metricWords = (metric: MetricSpec): string => `${metric.label}, ${metric.better} is better`;
