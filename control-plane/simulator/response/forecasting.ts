import type { DrawnOutcome } from '../pool-row.ts';
import { cumulative, density } from './normal.ts';
import { type ResponseModel, scalar } from './response-model.ts';

/** One store on one real day. */
export interface ForecastingRow {
  readonly day: number;
  readonly store: number;
  /** Expected demand: the store's share of the real daily count. */
  readonly meanDemand: number;
  /** Mean of the last 28 days: what the cost is a share of. */
  readonly level: number;
}

/** Relative noise of one store's day. */
export const DEMAND_NOISE = 0.02;

/** A missing piece costs four times what a spare one costs. */
const COST = { understock: 1, overstock: 0.25 } as const;

export const forecasting: ResponseModel<ForecastingRow> = {
  /** Normal loss: E[(D − f)+] = sφ(z) + (μ − f)Φ(z), z = (μ − f)/s; E[(f − D)+] = E[(D − f)+] − (μ − f). */
  expected(row, served) {
    const gap = row.meanDemand - scalar(served, 'demand');
    const sd = DEMAND_NOISE * row.meanDemand;
    const z = gap / sd;
    const missing = sd * density(z) + gap * cumulative(z);
    return {
      stock_cost: (COST.understock * missing + COST.overstock * (missing - gap)) / row.level,
    };
  },
  draw(row, served, rng): DrawnOutcome {
    const demand = row.meanDemand * (1 + DEMAND_NOISE * rng.normal());
    const gap = demand - scalar(served, 'demand');
    const cost = gap > 0 ? COST.understock * gap : -COST.overstock * gap;
    return {
      metrics: { stock_cost: cost / row.level },
      labels: { level: row.level, store: row.store, day: row.day, demand },
    };
  },
};
