import { calibration } from '../methods/calibration.ts';
import { chiSquareTest } from '../methods/chi-square.ts';
import { forecastQuality, seasonalDifferences } from '../methods/forecast-quality.ts';
import { histogramDistance } from '../methods/histogram-distance.ts';
import { inventory } from '../methods/inventory.ts';
import { ks, ksWeighted, type WeightedSample } from '../methods/ks.ts';
import { pageHinkley } from '../methods/page-hinkley.ts';
import { type Method, method } from './method.ts';
import { alpha, binary, count, number, probability, word } from './number-shapes.ts';
import { type Refusal, refuse } from './refusal.ts';
import { firstOf, hasCounts, outOfRange, sameLength } from './rules.ts';
import { list, optional, type Shape } from './shape.ts';
import { sampleWeights, type WeightedRequest, weightRules } from './weighted-samples.ts';

const counts = list(number({ min: 0 }));

function histograms({ reference, current }: { reference: number[]; current: number[] }): Refusal | null {
  return firstOf(
    () => sameLength(reference, { current }),
    () => hasCounts('reference', reference),
    () => hasCounts('current', current),
  );
}

const maybe = <T>(shape: Shape<T>): Shape<T | undefined> => optional<T | undefined>(shape, undefined);

interface ForecastRequest {
  readonly actual: number[];
  readonly forecast: number[];
  readonly history: number[] | undefined;
  readonly season: number;
  readonly lower: number[] | undefined;
  readonly upper: number[] | undefined;
  readonly level: number | undefined;
}

const missing = (field: string, other: string): Refusal =>
  refuse(
    'missing-field',
    field,
    null,
    `${other} is given without it`,
    `Give ${field}, or leave ${other} out`,
  );

function intervalRules({ lower, upper, level }: ForecastRequest): Refusal | null {
  if (lower === undefined && upper === undefined) return null;
  if (lower === undefined) return missing('lower', 'upper');
  if (upper === undefined) return missing('upper', 'lower');
  if (level === undefined) return missing('level', 'lower');
  const crossed = lower.findIndex((low, i) => low > (upper[i] ?? low));
  return crossed < 0
    ? null
    : outOfRange(
        `lower[${crossed}]`,
        lower[crossed],
        'it is above the upper limit',
        `Give at most ${upper[crossed]}`,
      );
}

function historyRules({ history, season }: ForecastRequest): Refusal | null {
  if (history === undefined) return null;
  if (history.length <= season)
    return refuse(
      'too-few',
      'history',
      history.length,
      `season ${season} needs more values`,
      `Give more than ${season}`,
    );
  return seasonalDifferences(history, season).every((d) => d === 0)
    ? refuse('constant', 'history', null, 'its seasonal naive error is 0', 'Leave the history out')
    : null;
}

function forecastRules(r: ForecastRequest): Refusal | null {
  return firstOf(
    () => sameLength(r.actual, { forecast: r.forecast, lower: r.lower, upper: r.upper }),
    () => intervalRules(r),
    () => historyRules(r),
    () =>
      r.actual.every((y) => y === 0)
        ? refuse('zero-denominator', 'actual', 0, 'every value is 0', 'Give values that are not all 0')
        : null,
  );
}

function forecast(r: ForecastRequest): object {
  const { actual, forecast: predicted, history, season, lower, upper, level } = r;
  return forecastQuality({
    actual,
    forecast: predicted,
    season,
    ...(history ? { history } : {}),
    ...(lower && upper && level ? { interval: { lower, upper, level } } : {}),
  });
}

const weighted = (values: number[], weights: number[] | undefined): WeightedSample => ({
  values,
  weights: weights ?? values.map(() => 1),
});

interface KsRequest extends WeightedRequest {
  readonly mode: 'exact' | 'asymptotic' | undefined;
  readonly rankError: number;
}

function ksRules(r: KsRequest): Refusal | null {
  const plain = r.referenceWeights === undefined && r.currentWeights === undefined;
  return firstOf(
    () => weightRules(r),
    () =>
      plain || r.mode !== 'exact'
        ? null
        : outOfRange('mode', r.mode, 'weights stand for rows that are not there', 'Give "asymptotic"'),
    () =>
      plain && r.rankError > 0
        ? outOfRange('rankError', r.rankError, 'rows have no rank error', 'Leave it out, or give weights')
        : null,
  );
}

const positive = number({ above: 0 });
const notNegative = number({ min: 0 });

export const MONITORING: readonly Method[] = [
  method(
    'histogram-distance',
    { reference: counts, current: counts, floor: optional(number({ above: 0, below: 1 }), 1e-4) },
    (r) => histogramDistance(r.reference, r.current, r.floor),
    histograms,
  ),
  method(
    'ks',
    {
      reference: list(number()),
      current: list(number()),
      mode: maybe(word(['exact', 'asymptotic'] as const)),
      referenceWeights: sampleWeights,
      currentWeights: sampleWeights,
      rankError: optional(number({ min: 0, below: 1 }), 0),
    },
    ({ reference, current, mode, referenceWeights: a, currentWeights: b, rankError }) =>
      a || b
        ? ksWeighted(weighted(reference, a), weighted(current, b), rankError)
        : ks(reference, current, mode ?? 'exact'),
    ksRules,
  ),
  method(
    'chi-square',
    { reference: list(number({ min: 0 }), { atLeast: 2 }), current: list(number({ min: 0 })) },
    (r) => chiSquareTest(r.reference, r.current),
    (r) =>
      firstOf(
        () => histograms(r),
        () => {
          const hollow = r.reference.findIndex((n, i) => n + (r.current[i] ?? 0) === 0);
          return hollow < 0
            ? null
            : outOfRange(
                `reference[${hollow}]`,
                0,
                'neither histogram has a count there',
                'Leave the category out',
              );
        },
      ),
  ),
  method(
    'page-hinkley',
    {
      values: list(number()),
      threshold: optional(notNegative, 50),
      delta: optional(number(), 0.005),
      forgetting: optional(number({ above: 0, max: 1 }), 0.9999),
      minInstances: optional(count({ min: 1 }), 30),
      mode: optional(word(['up', 'down', 'both'] as const), 'both'),
    },
    (r) => pageHinkley(r.values, r),
  ),
  method(
    'calibration',
    { probability: list(probability()), label: list(binary()), bins: optional(count({ min: 1 }), 10) },
    (r) => calibration(r.probability, r.label, r.bins),
    (r) => sameLength(r.probability, { label: r.label }),
  ),
  method(
    'forecast-quality',
    {
      actual: list(number()),
      forecast: list(number()),
      history: maybe(list(number())),
      season: optional(count({ min: 1 }), 1),
      lower: maybe(list(number())),
      upper: maybe(list(number())),
      level: maybe(alpha()),
    },
    forecast,
    forecastRules,
  ),
  method(
    'inventory',
    {
      annualDemand: positive,
      orderCost: positive,
      holdingCost: positive,
      dailyDemand: notNegative,
      dailyDemandSd: notNegative,
      leadTimeDays: notNegative,
      leadTimeSd: notNegative,
      serviceLevel: alpha(),
    },
    (r) => inventory(r),
  ),
];
