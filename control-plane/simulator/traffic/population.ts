import type { Family } from '@assay/domain/families/family';
import type { PoolRow } from '../pool-row.ts';
import type { ForecastingRow } from '../response/forecasting.ts';
import { sample } from '../snapshot/sample.ts';

/** Distinct requests of the traffic: few enough that the truth can be asked of every one of them. */
const LARGEST_POPULATION = 800;

/** The rows that the traffic draws from uniformly, and over which the truth is exact. */
export const population = (family: Family, pool: readonly PoolRow[], seed: number): readonly PoolRow[] =>
  family === 'forecasting' ? pool : sample(pool, LARGEST_POPULATION, `population/${seed}`);

/** Name under which a store asks: `store-00` to `store-23`. */
export const storeUnit = (row: PoolRow): string =>
  `store-${String((row.row as ForecastingRow).store).padStart(2, '0')}`;

/** Business days of a forecasting pool: its rows come ordered by day, every store once a day. */
export function businessDays(pool: readonly PoolRow[]): readonly (readonly PoolRow[])[] {
  const stores = new Set(pool.map(storeUnit)).size;
  const days: PoolRow[][] = [];
  for (let at = 0; at < pool.length; at += stores) days.push(pool.slice(at, at + stores));
  return days;
}

const PERIOD_EPOCH_MS = Date.UTC(2026, 0, 1);
const SHORTEST_PERIOD_MS = 100;

/** First period of a driver that starts now: later than all periods of earlier drivers, so that panels never mix runs. */
export const firstPeriod = (nowMs: number): number =>
  Math.floor((nowMs - PERIOD_EPOCH_MS) / SHORTEST_PERIOD_MS);

/** The same period is the same day for everyone who asks, the truth included. */
export const dayOfPeriod = (days: readonly (readonly PoolRow[])[], period: number): readonly PoolRow[] =>
  days[period % days.length] ?? [];
