import type { Family } from '@assay/domain/families/family';
import type { EndKind, Gate } from '@assay/domain/release';

/** What each harmful candidate does wrong, and the gate that must stop it. */
export interface HarmfulCase {
  readonly what: string;
  readonly gate: Gate;
  readonly end: EndKind;
}

export const HARMFUL: Readonly<Record<Family, HarmfulCase>> = {
  ranking: { what: 'optimises clicks and lists click-bait', gate: 'canary', end: 'rolled-back' },
  pricing: { what: 'overestimates elasticity and underprices', gate: 'canary', end: 'rolled-back' },
  bidding: { what: 'bids on uncalibrated probabilities', gate: 'shadow', end: 'rejected' },
  forecasting: { what: 'forecasts a low quantile as the mean', gate: 'shadow', end: 'rejected' },
  vision: { what: 'scales its input twice', gate: 'validation', end: 'rejected' },
};

/** Family whose input drifts after its lifecycle. */
export const DRIFTING: Family = 'vision';

export interface DemoEffect {
  readonly metric: string;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** Expectation under the simulator's response model over the very traffic population; null where it has none. */
  readonly truth: number | null;
}

export interface DemoLine {
  readonly family: Family;
  readonly case: 'good' | 'harmful' | 'drift';
  readonly model: string;
  readonly version: string;
  readonly end: string;
  readonly gate: string;
  readonly effect: DemoEffect | null;
  /** Id of the decision record. */
  readonly decision: string;
  readonly expected: string;
  readonly ok: boolean;
}

export interface DemoResult {
  readonly ok: boolean;
  readonly seconds: number;
  readonly lines: readonly DemoLine[];
  /** Served answers that broke a guardrail, as customers saw them; must be 0. */
  readonly violations: number;
  readonly answered: number;
}
