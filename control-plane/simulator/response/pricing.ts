import type { DrawnOutcome } from '../pool-row.ts';
import { type ResponseModel, scalar, sigmoid } from './response-model.ts';

/** One real purchase occasion of ISLR's OJ; prices in dollars as the data has them, the shop's own numbers in cents. */
export interface PricingRow {
  readonly competitorPrice: number;
  readonly loyalty: number;
  /** PRICING_FEATURES without price, in order. */
  readonly context: readonly number[];
  readonly referencePriceCents: number;
  /** Invented: the data has no cost. */
  readonly costCents: number;
}

/** Logit of buying, fitted by maximum likelihood to all 1,070 real occasions; prices in dollars. */
const BUY = { base: -1.45, price: -3.71, competitorPrice: 2.72, loyalty: 6.43 } as const;

export const buyProbability = (row: PricingRow, priceCents: number): number =>
  sigmoid(
    BUY.base +
      (BUY.price * priceCents) / 100 +
      BUY.competitorPrice * row.competitorPrice +
      BUY.loyalty * row.loyalty,
  );

export const pricing: ResponseModel<PricingRow> = {
  expected(row, served) {
    const price = scalar(served, 'price_cents');
    return { margin_cents: buyProbability(row, price) * (price - row.costCents) };
  },
  draw(row, served, rng): DrawnOutcome {
    const price = scalar(served, 'price_cents');
    const bought = rng.next() < buyProbability(row, price) ? 1 : 0;
    return {
      metrics: { margin_cents: bought * (price - row.costCents) },
      labels: {
        bought,
        price: price / 100,
        reference_price: row.referencePriceCents / 100,
        cost: row.costCents / 100,
      },
    };
  },
};
