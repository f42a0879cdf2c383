import type { Family } from '@assay/domain/families/family';
import type { Prng } from '@assay/domain/prng';
import type { DrawnOutcome, PoolRow, ServedAnswer } from '../pool-row.ts';
import { type BiddingRow, bidding } from './bidding.ts';
import { type ForecastingRow, forecasting } from './forecasting.ts';
import { type PricingRow, pricing } from './pricing.ts';
import { type RankingRow, ranking } from './ranking.ts';
import type { ResponseModel } from './response-model.ts';
import { type VisionRow, vision } from './vision.ts';

export interface FamilyRows {
  readonly ranking: RankingRow;
  readonly forecasting: ForecastingRow;
  readonly pricing: PricingRow;
  readonly bidding: BiddingRow;
  readonly vision: VisionRow;
}

export const RESPONSES: { readonly [F in Family]: ResponseModel<FamilyRows[F]> } = {
  ranking,
  forecasting,
  pricing,
  bidding,
  vision,
};

/** Pool rows of a family carry that family's row, which the compiler cannot see through a lookup by name. */
const modelOf = (family: Family): ResponseModel<unknown> => RESPONSES[family] as ResponseModel<unknown>;

/** Exact expectation of the family's metrics when `served` answers `row`. */
export const expectedOutcome = (
  family: Family,
  { row }: PoolRow,
  served: ServedAnswer,
): Readonly<Record<string, number>> => modelOf(family).expected(row, served);

/** One visitor's outcome. */
export const drawOutcome = (
  family: Family,
  { row }: PoolRow,
  served: ServedAnswer,
  rng: Prng,
): DrawnOutcome => modelOf(family).draw(row, served, rng);
