import type { Prng } from '@assay/domain/prng';
import type { DrawnOutcome, ServedAnswer } from '../pool-row.ts';
import { output, type ResponseModel, sigmoid } from './response-model.ts';

/** One candidate item for one visitor. The last three are the world's secrets: no model sees them. */
export interface RankingItem {
  readonly id: number;
  /** In the order of RANKING_FEATURES. */
  readonly features: readonly number[];
  readonly affinity: number;
  readonly inStock: boolean;
  readonly priceCents: number;
  readonly marginCents: number;
  /** How much it catches the eye, standard normal. */
  readonly appeal: number;
  /** How well it keeps its promise, standard normal. */
  readonly worth: number;
  readonly bait: boolean;
}

export interface RankingRow {
  /** user_feature_2, centred. */
  readonly taste: number;
  readonly items: readonly RankingItem[];
}

/** Share of visitors who look at slot k. */
export const EXAMINED = [1, 0.85, 0.7, 0.6] as const;

/** Logits. Click-bait catches eyes and disappoints buyers: clicks up by 1.3, orders after a click down by 3.5. */
const CLICK = { base: -0.9, appeal: 0.9, bait: 1.3, affinity: 0.8, taste: 0.35 } as const;
const ORDER = { base: -0.55, worth: 0.5, appeal: 0.45, bait: -3.5, affinity: 0.5 } as const;

export const clickProbability = (row: RankingRow, item: RankingItem): number =>
  sigmoid(
    CLICK.base +
      CLICK.appeal * item.appeal +
      (item.bait ? CLICK.bait : 0) +
      CLICK.affinity * Math.log1p(item.affinity) +
      CLICK.taste * row.taste * item.worth,
  );

/** Given a click; what is out of stock cannot be ordered. */
export const orderProbability = (item: RankingItem): number =>
  item.inStock
    ? sigmoid(
        ORDER.base +
          ORDER.worth * item.worth +
          ORDER.appeal * item.appeal +
          (item.bait ? ORDER.bait : 0) +
          ORDER.affinity * Math.log1p(item.affinity),
      )
    : 0;

interface Slot {
  readonly item: RankingItem;
  readonly click: number;
  readonly order: number;
}

function slots(row: RankingRow, served: ServedAnswer): Slot[] {
  return output(served, 'item_id')
    .slice(0, EXAMINED.length)
    .flatMap((id, position) => {
      const item = row.items.find((i) => i.id === id);
      if (item === undefined) return [];
      return [
        {
          item,
          click: (EXAMINED[position] ?? 0) * clickProbability(row, item),
          order: orderProbability(item),
        },
      ];
    });
}

/** Position-based click model: slots are independent, so expectations add up. */
export const ranking: ResponseModel<RankingRow> = {
  expected(row, served) {
    let [clicks, orders, margin] = [0, 0, 0];
    for (const { item, click, order } of slots(row, served)) {
      clicks += click;
      orders += click * order;
      margin += click * order * item.marginCents;
    }
    return { margin_cents: margin, orders, clicks };
  },
  draw(row, served, rng): DrawnOutcome {
    let [clicks, orders, margin] = [0, 0, 0];
    const labels: Record<string, number> = {};
    for (const [position, slot] of slots(row, served).entries()) {
      const drawn = drawSlot(slot, rng);
      clicks += drawn.clicked;
      orders += drawn.ordered;
      margin += drawn.marginCents;
      labels[`clicked_${position}`] = drawn.clicked;
      labels[`ordered_${position}`] = drawn.ordered;
      labels[`margin_cents_${position}`] = drawn.marginCents;
    }
    return { metrics: { margin_cents: margin, orders, clicks }, labels };
  },
};

/** Always two numbers from `rng`, so that one visitor's luck does not move the next one's. */
export function drawSlot(
  { item, click, order }: Slot,
  rng: Prng,
): { clicked: number; ordered: number; marginCents: number } {
  const [forClick, forOrder] = [rng.next(), rng.next()];
  const clicked = forClick < click ? 1 : 0;
  const ordered = clicked === 1 && forOrder < order ? 1 : 0;
  return { clicked, ordered, marginCents: ordered * item.marginCents };
}
