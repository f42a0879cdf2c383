import type { DrawnOutcome } from '../pool-row.ts';
import { cumulative } from './normal.ts';
import { type ResponseModel, scalar, sigmoid } from './response-model.ts';
import { trait } from './world.ts';

/** One real Open Bandit impression, put up for auction. */
export interface BiddingRow {
  /** In the order of BIDDING_FEATURES. */
  readonly features: readonly number[];
  readonly clickValueCents: number;
}

/** Logit of a click after a won auction; `trait` gives each level of a category a fixed standard normal effect. */
const CLICK = {
  base: -2.1,
  affinity: 0.5,
  itemFeature0: 0.5,
  user1: 0.8,
  user2: 1,
  item1: 1.6,
  item3: 1,
  position: [0.6, 0, -0.6],
} as const;

/** Highest competing bid: lognormal, the same for every impression. Median in cents. */
export const RIVAL = { medianCents: 18, sigma: 0.4 } as const;

export function clickProbability(row: BiddingRow): number {
  const [, user1, user2, , affinity = 0, item0 = 0, item1, , item3, position = 1] = row.features;
  return sigmoid(
    CLICK.base +
      CLICK.affinity * Math.log1p(affinity) +
      CLICK.itemFeature0 * item0 +
      CLICK.user1 * trait(`bid/user1/${user1}`) +
      CLICK.user2 * trait(`bid/user2/${user2}`) +
      CLICK.item1 * trait(`bid/item1/${item1}`) +
      CLICK.item3 * trait(`bid/item3/${item3}`) +
      (CLICK.position[position - 1] ?? 0),
  );
}

/** Second-price auction against a lognormal rival: P(win) = Φ(z), E[rival; rival < bid] = e^{μ+σ²/2} Φ(z − σ). */
export const bidding: ResponseModel<BiddingRow> = {
  expected(row, served) {
    const bid = scalar(served, 'bid_cents');
    if (!(bid > 0)) return { profit_cents: 0, cost_cents: 0 };
    const z = Math.log(bid / RIVAL.medianCents) / RIVAL.sigma;
    const cost = RIVAL.medianCents * Math.exp(RIVAL.sigma ** 2 / 2) * cumulative(z - RIVAL.sigma);
    const value = cumulative(z) * clickProbability(row) * row.clickValueCents;
    return { profit_cents: value - cost, cost_cents: cost };
  },
  draw(row, served, rng): DrawnOutcome {
    const rival = RIVAL.medianCents * Math.exp(RIVAL.sigma * rng.normal());
    const luck = rng.next();
    const won = scalar(served, 'bid_cents') > rival;
    const clicked = won && luck < clickProbability(row) ? 1 : 0;
    const cost = won ? rival : 0;
    // What was not won was not shown: no label.
    const labels: Record<string, number> = won ? { clicked, click_value_cents: row.clickValueCents } : {};
    return { metrics: { profit_cents: clicked * row.clickValueCents - cost, cost_cents: cost }, labels };
  },
};
