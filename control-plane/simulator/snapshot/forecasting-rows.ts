import { join } from 'node:path';
import type { ForecastingRow } from '../response/forecasting.ts';
import { share } from '../response/world.ts';
import { numbers, readCsv } from './csv.ts';

/** One real day of the fleet with its features (FORECASTING_FEATURES). */
export interface FleetDay {
  readonly day: number;
  readonly count: number;
  /** Mean of the 28 days before. */
  readonly level: number;
  readonly features: readonly number[];
}

export const STORES = 24;
/** The last days judge, and they are the traffic. */
export const FORECASTING_HOLDOUT_DAYS = 120;
/** Stores of a region live the same day; the six regions are spread over the year, as climates are. */
export const REGIONS = 6;
/**
 * Left out of the traffic: hurricane Sandy (29 and 30 October 2012, the fleet was closed) and the last ten days of the
 * year, which no lag and no forecast of the weather announces. They stay in the hold-out.
 */
const CLOSED = (day: number): boolean => day === 667 || day === 668 || day > 720;
/** Traffic visits the days in steps of 29, so that every stretch has days of every month; prime to their number. */
const STRIDE = 29;
const WARM_UP_DAYS = 28;
const CONTEXT = [
  'weekday',
  'month',
  'holiday',
  'workingday',
  'weather',
  'temperature',
  'humidity',
  'wind_speed',
] as const;

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** Days from the 29th on, when all lags exist. */
export async function readFleetDays(dir: string): Promise<readonly FleetDay[]> {
  const table = await readCsv(join(dir, 'days.csv'));
  const counts = table.rows.map(numbers(table, 'count'));
  const context = CONTEXT.map((name) => numbers(table, name));
  return table.rows.slice(WARM_UP_DAYS).map((row, i) => {
    const day = i + WARM_UP_DAYS;
    const level = mean(counts.slice(day - WARM_UP_DAYS, day));
    const lags = [7, 14, 21, 28].map((lag) => (counts[day - lag] ?? level) / level);
    const week = mean(counts.slice(day - 7, day)) / level;
    return {
      day,
      count: counts[day] ?? 0,
      level,
      features: [...lags, week, ...context.map((read) => read(row))],
    };
  });
}

/** Business days of the traffic: for each period the real day of each region. It repeats after all days were visited. */
export function trafficDays(fleet: readonly FleetDay[]): readonly (readonly FleetDay[])[] {
  const open = fleet.slice(-FORECASTING_HOLDOUT_DAYS).filter((d) => !CLOSED(d.day));
  const at = (i: number): FleetDay[] => open.slice(i % open.length, (i % open.length) + 1);
  const visited = open.flatMap((_, i) => at(i * STRIDE));
  const apart = Math.floor(visited.length / REGIONS);
  return visited.map((_, period) =>
    Array.from({ length: REGIONS }, (__, region) =>
      visited.slice((period + region * apart) % visited.length).slice(0, 1),
    ).flat(),
  );
}

/** Share of the fleet's demand that a store has, between 1.5 % and 7 %; fixed by its number. */
export const storeShare = (store: number): number => 0.015 * (1 + 3.7 * share(`store/${store}`));

export const storeDay = (fleet: FleetDay, store: number): ForecastingRow => ({
  day: fleet.day,
  store,
  meanDemand: storeShare(store) * fleet.count,
  level: storeShare(store) * fleet.level,
});
