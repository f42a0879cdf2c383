import { BIDDING_FEATURES } from '@assay/domain/families/bidding';
import type { Family } from '@assay/domain/families/family';
import { FORECASTING_FEATURES } from '@assay/domain/families/forecasting';
import { PRICING_FEATURES } from '@assay/domain/families/pricing';
import { prng } from '@assay/domain/prng';
import { clickProbability } from '../response/bidding.ts';
import { biddingRow, itemIndex } from './bidding-rows.ts';
import { FORECASTING_HOLDOUT_DAYS, readFleetDays } from './forecasting-rows.ts';
import { readOpenBandit, type Split, splitOf } from './open-bandit.ts';
import { PRICING_HOLDOUT_WEEK, readOccasions } from './pricing-rows.ts';
import { rankingSessions } from './ranking-sessions.ts';
import { sample } from './sample.ts';
import { PIXEL_COLUMNS, readImages, VISION_TRAFFIC_FROM, VISION_TRAIN } from './vision-rows.ts';

/** What a snapshot's two files hold, and where its labels come from. */
export interface SplitRows {
  readonly labelOrigin: 'real' | 'simulator' | 'evidence';
  readonly header: readonly string[];
  readonly train: readonly (readonly number[])[];
  readonly holdout: readonly (readonly number[])[];
}

const BIDDING_ROWS = { train: 12_000, holdout: 4_000 } as const;

/** Real impressions; clicks drawn by the response model, because the real log has 287 in all. */
async function bidding(dir: string, seed: number): Promise<SplitRows> {
  const { impressions, items } = await readOpenBandit(dir);
  const index = itemIndex(items);
  const rng = prng(`bidding-clicks/${seed}`);
  const rows = (split: Split, count: number): number[][] =>
    sample(
      impressions.filter((i) => splitOf(i.atMs) === split),
      count,
      `${split}/${seed}`,
    ).flatMap((impression) => {
      const row = biddingRow(index, impression);
      if (row === undefined) return [];
      return [[...row.features, rng.next() < clickProbability(row) ? 1 : 0, row.clickValueCents]];
    });
  return {
    labelOrigin: 'simulator',
    header: [...BIDDING_FEATURES, 'clicked', 'click_value_cents'],
    train: rows('train', BIDDING_ROWS.train),
    holdout: rows('holdout', BIDDING_ROWS.holdout),
  };
}

/** Real purchases; reference price and cost in dollars, like the features. */
async function pricing(dir: string): Promise<SplitRows> {
  const occasions = await readOccasions(dir);
  const rows = (wanted: boolean): number[][] =>
    occasions
      .filter((o) => o.week < PRICING_HOLDOUT_WEEK === wanted)
      .map((o) => [
        o.priceCents / 100,
        ...o.row.context,
        o.bought,
        o.row.referencePriceCents / 100,
        o.row.costCents / 100,
      ]);
  return {
    labelOrigin: 'real',
    header: [...PRICING_FEATURES, 'bought', 'reference_price', 'cost'],
    train: rows(true),
    holdout: rows(false),
  };
}

/** The real fleet as one store. */
async function forecasting(dir: string): Promise<SplitRows> {
  const rows = (await readFleetDays(dir)).map((d) => [...d.features, d.level, 0, d.day, d.count]);
  return {
    labelOrigin: 'real',
    header: [...FORECASTING_FEATURES, 'level', 'store', 'day', 'demand'],
    train: rows.slice(0, -FORECASTING_HOLDOUT_DAYS),
    holdout: rows.slice(-FORECASTING_HOLDOUT_DAYS),
  };
}

async function vision(dir: string): Promise<SplitRows> {
  const rows = (await readImages(dir)).map((i) => [...i.pixels, i.label]);
  return {
    labelOrigin: 'real',
    header: [...PIXEL_COLUMNS, 'label'],
    train: rows.slice(0, VISION_TRAIN),
    holdout: rows.slice(VISION_TRAIN, VISION_TRAFFIC_FROM),
  };
}

export const SAMPLES: Readonly<Record<Family, (dir: string, seed: number) => Promise<SplitRows>>> = {
  ranking: rankingSessions,
  bidding,
  pricing,
  forecasting,
  vision,
};
