import { join } from 'node:path';
import type { PricingRow } from '../response/pricing.ts';
import { numbers, readCsv } from './csv.ts';

/** A real occasion and whether the real customer bought at the real price. */
export interface Occasion {
  readonly week: number;
  readonly priceCents: number;
  readonly bought: number;
  readonly row: PricingRow;
}

/** Occasions from this week on are never trained on: they judge, and they are the traffic. */
export const PRICING_HOLDOUT_WEEK = 262;
/** Invented: the data has no cost. */
const COST_SHARE = 0.72;
const CONTEXT = [
  'competitor_price',
  'discount',
  'competitor_discount',
  'loyalty',
  'special',
  'store',
  'week',
] as const;

export async function readOccasions(dir: string): Promise<readonly Occasion[]> {
  const table = await readCsv(join(dir, 'occasions.csv'));
  const context = CONTEXT.map((name) => numbers(table, name));
  const price = numbers(table, 'price');
  const list = numbers(table, 'list_price');
  const bought = numbers(table, 'bought');
  const competitor = numbers(table, 'competitor_price');
  const loyalty = numbers(table, 'loyalty');
  const week = numbers(table, 'week');
  return table.rows.map((r) => ({
    week: week(r),
    priceCents: Math.round(price(r) * 100),
    bought: bought(r),
    row: {
      competitorPrice: competitor(r),
      loyalty: loyalty(r),
      context: context.map((read) => read(r)),
      referencePriceCents: Math.round(price(r) * 100),
      costCents: Math.round(COST_SHARE * list(r) * 100),
    },
  }));
}
