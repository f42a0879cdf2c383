import { normalUpperQuantile } from '../numeric/normal.ts';

export interface InventoryInput {
  readonly annualDemand: number;
  readonly orderCost: number;
  /** Per unit and year. */
  readonly holdingCost: number;
  readonly dailyDemand: number;
  readonly dailyDemandSd: number;
  readonly leadTimeDays: number;
  readonly leadTimeSd: number;
  /** Probability of no stock-out in a cycle. */
  readonly serviceLevel: number;
}

export interface Inventory {
  readonly economicOrderQuantity: number;
  readonly annualCost: number;
  readonly safetyStock: number;
  readonly reorderPoint: number;
}

/** Economic order quantity (Harris 1913) and reorder point with demand and lead-time variance (Silver, Pyke & Thomas 2017, ch. 6). */
export function inventory(given: InventoryInput): Inventory {
  const { annualDemand, orderCost, holdingCost, dailyDemand, leadTimeDays } = given;
  const variance = leadTimeDays * given.dailyDemandSd ** 2 + (dailyDemand * given.leadTimeSd) ** 2;
  const safetyStock = normalUpperQuantile(1 - given.serviceLevel) * Math.sqrt(variance);
  return {
    economicOrderQuantity: Math.sqrt((2 * orderCost * annualDemand) / holdingCost),
    annualCost: Math.sqrt(2 * orderCost * annualDemand * holdingCost),
    safetyStock,
    reorderPoint: dailyDemand * leadTimeDays + safetyStock,
  };
}
