import { at, mean, sum, sumOf } from '../numeric/sum.ts';

export interface ForecastInput {
  readonly actual: readonly number[];
  readonly forecast: readonly number[];
  /** Training values before the horizon, for the scaled errors. */
  readonly history?: readonly number[];
  readonly season?: number;
  /** An interval forecast at `level`. */
  readonly interval?: {
    readonly lower: readonly number[];
    readonly upper: readonly number[];
    readonly level: number;
  };
}

export interface ForecastQuality {
  readonly mae: number;
  readonly rmse: number;
  readonly wape: number;
  readonly mase?: number;
  readonly rmsse?: number;
  readonly coverage?: number;
  readonly winkler?: number;
  readonly pinballLower?: number;
  readonly pinballUpper?: number;
}

const pinball = (actual: readonly number[], quantile: readonly number[], q: number): number =>
  sumOf(actual.length, (i) => {
    const miss = at(actual, i) - at(quantile, i);
    return miss >= 0 ? q * miss : (q - 1) * miss;
  }) / actual.length;

/** Errors of a point forecast, scaled by the history's seasonal naive error (Hyndman & Koehler 2006) where there is one. */
export function forecastQuality(input: ForecastInput): ForecastQuality {
  const { actual, forecast } = input;
  const errors = actual.map((y, i) => y - at(forecast, i));
  const mae = mean(errors.map(Math.abs));
  const square = mean(errors.map((e) => e * e));
  const wape = sum(errors.map(Math.abs)) / sum(actual.map(Math.abs));
  return { mae, rmse: Math.sqrt(square), wape, ...scaled(input, mae, square), ...ofInterval(input) };
}

export function seasonalDifferences(history: readonly number[], season: number): number[] {
  return history.slice(season).map((y, t) => y - at(history, t));
}

function scaled(
  { history, season = 1 }: ForecastInput,
  mae: number,
  square: number,
): Partial<ForecastQuality> {
  if (history === undefined) return {};
  const naive = seasonalDifferences(history, season);
  return {
    mase: mae / mean(naive.map(Math.abs)),
    rmsse: Math.sqrt(square / mean(naive.map((d) => d * d))),
  };
}

function ofInterval({ actual, interval }: ForecastInput): Partial<ForecastQuality> {
  if (interval === undefined) return {};
  const { lower, upper, level } = interval;
  const covered = actual.filter((y, i) => at(lower, i) <= y && y <= at(upper, i)).length;
  const winkler = mean(
    actual.map((y, i) => {
      const miss = Math.max(0, at(lower, i) - y, y - at(upper, i));
      return at(upper, i) - at(lower, i) + (2 / (1 - level)) * miss;
    }),
  );
  return {
    coverage: covered / actual.length,
    winkler,
    pinballLower: pinball(actual, lower, (1 - level) / 2),
    pinballUpper: pinball(actual, upper, (1 + level) / 2),
  };
}
