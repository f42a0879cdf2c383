import type { Family } from '@assay/domain/families/family';
import { VISION_SIDE } from '@assay/domain/families/vision';
import type { PoolInput, PoolRow } from '../pool-row.ts';
import type { FamilyRows } from '../response/all.ts';
import { biddingRow, itemIndex } from './bidding-rows.ts';
import { REGIONS, readFleetDays, STORES, storeDay, trafficDays } from './forecasting-rows.ts';
import { type Impression, readOpenBandit, splitOf } from './open-bandit.ts';
import { PRICING_HOLDOUT_WEEK, readOccasions } from './pricing-rows.ts';
import { rankingRow, shelfOf } from './ranking-rows.ts';
import { sample } from './sample.ts';
import { readImages, VISION_TRAFFIC_FROM } from './vision-rows.ts';

/** Visits and auctions in a pool; more would only cost memory. */
const LARGEST_POOL = 4000;

type Loader<Row> = (dir: string, seed: number) => Promise<readonly PoolRow<Row>[]>;

const fp32 = (name: string, shape: readonly number[], data: readonly number[]): PoolInput => ({
  name,
  datatype: 'FP32',
  shape,
  data,
});

const traffic = (impressions: readonly Impression[], seed: number): readonly [Impression, number][] => {
  const all = impressions.map((row, index): [Impression, number] => [row, index]);
  return sample(
    all.filter(([row]) => splitOf(row.atMs) === 'traffic'),
    LARGEST_POOL,
    seed,
  );
};

const ranking: Loader<FamilyRows['ranking']> = async (dir, seed) => {
  const { impressions, items } = await readOpenBandit(dir);
  const shelf = shelfOf(items, impressions);
  return traffic(impressions, seed).map(([impression, index]) => {
    const key = String(index);
    const row = rankingRow(shelf, impression, key);
    const n = row.items.length;
    const width = row.items[0]?.features.length ?? 0;
    return {
      key,
      row,
      inputs: [
        fp32(
          'features',
          [n, width],
          row.items.flatMap((i) => i.features),
        ),
        { name: 'item_id', datatype: 'INT64', shape: [n], data: row.items.map((i) => i.id) },
        { name: 'in_stock', datatype: 'BOOL', shape: [n], data: row.items.map((i) => Number(i.inStock)) },
      ],
    };
  });
};

const bidding: Loader<FamilyRows['bidding']> = async (dir, seed) => {
  const { impressions, items } = await readOpenBandit(dir);
  const index = itemIndex(items);
  return traffic(impressions, seed).flatMap(([impression, at]) => {
    const row = biddingRow(index, impression);
    if (row === undefined) return [];
    const inputs = [
      fp32('features', [1, row.features.length], row.features),
      fp32('click_value_cents', [1], [row.clickValueCents]),
    ];
    return [{ key: String(at), row, inputs }];
  });
};

const pricing: Loader<FamilyRows['pricing']> = async (dir) =>
  (await readOccasions(dir)).flatMap(({ week, row }, index) =>
    week < PRICING_HOLDOUT_WEEK
      ? []
      : [
          {
            key: String(index),
            row,
            inputs: [
              fp32('context', [1, row.context.length], row.context),
              fp32('reference_price_cents', [1], [row.referencePriceCents]),
              fp32('cost_cents', [1], [row.costCents]),
            ],
          },
        ],
  );

/** Ordered by period, then store: 24 rows in a row are one business day. */
const forecasting: Loader<FamilyRows['forecasting']> = async (dir) => {
  const periods = trafficDays(await readFleetDays(dir));
  return periods.flatMap((regions) =>
    Array.from({ length: STORES }, (_, store) => ({ store, fleet: regions[store % REGIONS] })).flatMap(
      ({ store, fleet }) => {
        if (fleet === undefined) return [];
        const row = storeDay(fleet, store);
        const inputs = [
          fp32('features', [1, fleet.features.length], fleet.features),
          fp32('level', [1, 1], [row.level]),
        ];
        return [{ key: `${fleet.day}/${store}`, row, inputs }];
      },
    ),
  );
};

const vision: Loader<FamilyRows['vision']> = async (dir) =>
  (await readImages(dir)).slice(VISION_TRAFFIC_FROM).map((row, i) => ({
    key: String(VISION_TRAFFIC_FROM + i),
    row,
    inputs: [fp32('image', [1, 1, VISION_SIDE, VISION_SIDE], row.pixels)],
  }));

const LOADERS: { readonly [F in Family]: Loader<FamilyRows[F]> } = {
  ranking,
  bidding,
  pricing,
  forecasting,
  vision,
};

/**
 * Requests that the traffic replays: real rows that no trainer sees. `extractedDir` is what extract.py wrote for the
 * family. Forecasting rows come ordered by business day (24 stores each, 108 days, then again); for the other
 * families the order means nothing.
 */
export const loadPool = <F extends Family>(
  family: F,
  extractedDir: string,
  seed: number,
): Promise<readonly PoolRow<FamilyRows[F]>[]> => LOADERS[family](extractedDir, seed);
