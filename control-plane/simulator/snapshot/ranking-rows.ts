import { prng } from '@assay/domain/prng';
import type { RankingItem, RankingRow } from '../response/ranking.ts';
import { share, trait } from '../response/world.ts';
import { type BanditItem, type Impression, splitOf } from './open-bandit.ts';

/** How many items a request offers for ranking. */
const CANDIDATES = 12;
const OUT_OF_STOCK = 0.08;
const BAIT = 0.2;
const CAMPAIGN_OFFSET: Readonly<Record<string, number>> = { all: 0, men: 1000, women: 2000 };

interface ShopItem {
  readonly id: number;
  readonly itemId: number;
  readonly features: readonly number[];
  readonly popularity: number;
  readonly priceCents: number;
  readonly marginCents: number;
  readonly appeal: number;
  readonly worth: number;
  readonly bait: boolean;
}

const catalogueKey = (campaign: string, itemId: number): string => `${campaign}/${itemId}`;

/** Real click share of an item on the training days, in percent, shrunk towards the mean by 250 impressions. */
function popularities(impressions: readonly Impression[]): ReadonlyMap<string, number> {
  const seen = new Map<string, { shown: number; clicked: number }>();
  for (const i of impressions) {
    if (splitOf(i.atMs) !== 'train') continue;
    const key = catalogueKey(i.campaign, i.itemId);
    const count = seen.get(key) ?? { shown: 0, clicked: 0 };
    seen.set(key, { shown: count.shown + 1, clicked: count.clicked + i.click });
  }
  return new Map([...seen].map(([key, { shown, clicked }]) => [key, (100 * (clicked + 1)) / (shown + 250)]));
}

/** A real item with an invented price, margin and character, fixed by its name. */
function shopItem(item: BanditItem, popularity: number): ShopItem {
  const key = catalogueKey(item.campaign, item.itemId);
  const bait = share(`bait/${key}`) < BAIT;
  const priceCents = Math.round(2500 * 2 ** share(`price/${key}`));
  const margin = bait ? -0.2 + 0.1 * share(`margin/${key}`) : 0.22 + 0.2 * share(`margin/${key}`);
  return {
    id: (CAMPAIGN_OFFSET[item.campaign] ?? 0) + item.itemId,
    itemId: item.itemId,
    features: item.features,
    popularity,
    priceCents,
    marginCents: Math.round(priceCents * margin),
    appeal: trait(`appeal/${key}`),
    worth: trait(`worth/${key}`),
    bait,
  };
}

export type Shelf = ReadonlyMap<string, readonly ShopItem[]>;

/** The catalogue by campaign. */
export function shelfOf(items: readonly BanditItem[], impressions: readonly Impression[]): Shelf {
  const popularity = popularities(impressions);
  const shelf = new Map<string, ShopItem[]>();
  for (const i of items) {
    const item = shopItem(i, popularity.get(catalogueKey(i.campaign, i.itemId)) ?? 0.4);
    shelf.set(i.campaign, [...(shelf.get(i.campaign) ?? []), item]);
  }
  return shelf;
}

/** One real visit: the item that was shown and eleven others of its campaign, drawn by the visit's own number. */
export function rankingRow(shelf: Shelf, impression: Impression, key: string): RankingRow {
  const rng = prng(`ranking/${key}`);
  const rest = [...(shelf.get(impression.campaign) ?? [])];
  const shown = rest.findIndex((i) => i.itemId === impression.itemId);
  const chosen = rest.splice(Math.max(0, shown), 1);
  while (chosen.length < CANDIDATES && rest.length > 0) chosen.push(...rest.splice(rng.int(rest.length), 1));
  // The item that was really shown must not be known by its place.
  for (let i = chosen.length - 1; i > 0; i--) swap(chosen, i, rng.int(i + 1));
  const [, , code = 0] = impression.user;
  return {
    taste: (code - 4) / 3,
    items: chosen.map((item) => candidate(item, impression, rng.next() >= OUT_OF_STOCK)),
  };
}

function swap<T>(list: T[], a: number, b: number): void {
  const [x, y] = [list[a], list[b]];
  if (x === undefined || y === undefined) return;
  list[a] = y;
  list[b] = x;
}

function candidate(item: ShopItem, impression: Impression, inStock: boolean): RankingItem {
  const affinity = impression.affinity.get(item.itemId) ?? 0;
  return {
    id: item.id,
    // RANKING_FEATURES; price and margin in dollars.
    features: [
      ...impression.user,
      affinity,
      ...item.features,
      item.popularity,
      item.priceCents / 100,
      item.marginCents / 100,
    ],
    affinity,
    inStock,
    priceCents: item.priceCents,
    marginCents: item.marginCents,
    appeal: item.appeal,
    worth: item.worth,
    bait: item.bait,
  };
}
