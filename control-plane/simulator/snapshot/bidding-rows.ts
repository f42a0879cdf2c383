import type { BiddingRow } from '../response/bidding.ts';
import { trait } from '../response/world.ts';
import type { BanditItem, Impression } from './open-bandit.ts';

/** What a click on an item is worth: invented, fixed by the item's name. */
const VALUE = { medianCents: 85, sigma: 0.1 } as const;

export const itemIndex = (items: readonly BanditItem[]): ReadonlyMap<string, BanditItem> =>
  new Map(items.map((i) => [`${i.campaign}/${i.itemId}`, i]));

/** One real impression as an auction; undefined for an item without context. */
export function biddingRow(
  items: ReadonlyMap<string, BanditItem>,
  impression: Impression,
): BiddingRow | undefined {
  const key = `${impression.campaign}/${impression.itemId}`;
  const item = items.get(key);
  if (item === undefined) return undefined;
  return {
    features: [
      ...impression.user,
      impression.affinity.get(impression.itemId) ?? 0,
      ...item.features,
      impression.position,
    ],
    clickValueCents: Math.round(VALUE.medianCents * Math.exp(VALUE.sigma * trait(`value/${key}`))),
  };
}
