import type { GuardrailRule, Policy, RuleKind, Trip } from './policy.ts';

/** Facts that price rules need about one row, in cents. */
export interface PriceFacts {
  readonly referenceCents: number;
  readonly costCents: number;
}

/**
 * A policy made ready for many rows: each evaluation costs a few comparisons and allocates only when a rule trips.
 * Trips are pushed to the caller's list. The same code runs at validation, in shadow and at serving time.
 */
export interface CompiledPolicy {
  /** Where limits contradict each other the upper ones win: no customer sees a price above a limit. */
  price(cents: number, facts: PriceFacts, trips: Trip[]): number;
  bid(cents: number, trips: Trip[]): number;
  demand(units: number, trips: Trip[]): number;
  /** Is this answer left to a person? */
  review(confidence: number, trips: Trip[]): boolean;
  /** Rule that drops items that are out of stock; undefined when nothing is filtered. */
  readonly stockRule: GuardrailRule | undefined;
}

/** Does any of these trips replace the answer by the endpoint's fallback? */
export const asksFallback = (trips: readonly Trip[]): boolean => trips.some((t) => t.action === 'fallback');

const trip = (rule: GuardrailRule, value: number): Trip => ({
  rule: rule.id,
  kind: rule.kind,
  value,
  limit: rule.limit ?? 0,
  action: rule.action,
});

/** A rule of a price with its limit. */
interface PriceBound {
  readonly rule: GuardrailRule;
  readonly kind: RuleKind;
  readonly limit: number;
}

const PRICE_KINDS: readonly RuleKind[] = ['price-floor', 'price-ceiling', 'max-step', 'min-margin'];

const priceBounds = (policy: Policy): readonly PriceBound[] =>
  policy.rules
    .filter((rule) => PRICE_KINDS.includes(rule.kind))
    .map((rule) => ({ rule, kind: rule.kind, limit: rule.limit ?? 0 }));

// One function for all kinds and not one a rule: what is called for every row of every answer stays inlined and makes no garbage.

/** Lowest price in cents that a rule lets pass; none where it says nothing about the row. */
function lowOf({ kind, limit }: PriceBound, f: PriceFacts): number {
  if (kind === 'price-floor') return limit;
  // Without a positive reference there is no step to measure
  if (kind === 'max-step' && f.referenceCents > 0) return f.referenceCents * (1 - limit);
  // A margin of 1 or more cannot be had from any price above cost
  if (kind === 'min-margin') return limit < 1 ? f.costCents / (1 - limit) : Number.POSITIVE_INFINITY;
  return Number.NEGATIVE_INFINITY;
}

/** Highest price in cents that a rule lets pass. */
function highOf({ kind, limit }: PriceBound, f: PriceFacts): number {
  if (kind === 'price-ceiling') return limit;
  if (kind === 'max-step' && f.referenceCents > 0) return f.referenceCents * (1 + limit);
  return Number.POSITIVE_INFINITY;
}

/** What a rule measures of a price. */
function measured({ kind }: PriceBound, cents: number, f: PriceFacts): number {
  if (kind === 'max-step') return Math.abs(cents / f.referenceCents - 1);
  return kind === 'min-margin' ? (cents - f.costCents) / cents : cents;
}

/** JSON holds no infinities: a measure that is none (price 0) is reported as the largest double of its sign. */
const finite = (x: number): number =>
  Number.isFinite(x) ? x : x < 0 ? -Number.MAX_VALUE : Number.isNaN(x) ? 0 : Number.MAX_VALUE;

interface Capped {
  readonly rule: GuardrailRule;
  readonly limit: number;
}

export function compilePolicy(policy: Policy): CompiledPolicy {
  const bounds = priceBounds(policy);
  const all = (kind: RuleKind): readonly GuardrailRule[] => policy.rules.filter((r) => r.kind === kind);
  // Every rule of a kind counts: a second, stricter one must not be passed over
  const limits = (kind: RuleKind): readonly Capped[] =>
    all(kind).flatMap((rule) => (rule.limit === undefined ? [] : [{ rule, limit: rule.limit }]));
  const [caps, largest, sure] = [limits('bid-cap'), limits('max-demand'), limits('min-confidence')];
  const nonNegative = all('non-negative');
  return {
    stockRule: all('in-stock')[0],
    price: (cents, facts, trips) => withinBounds(bounds, cents, facts, trips),
    bid: (cents, trips) => underCaps(caps, cents, trips),
    demand(units, trips) {
      if (units >= 0 || nonNegative.length === 0) return underCaps(largest, units, trips);
      for (const rule of nonNegative) trips.push(trip(rule, units));
      return 0;
    },
    review(confidence, trips) {
      let asks = false;
      for (const { rule, limit } of sure) {
        if (confidence >= limit) continue;
        trips.push(trip(rule, confidence));
        asks = true;
      }
      return asks;
    },
  };
}

function withinBounds(
  bounds: readonly PriceBound[],
  cents: number,
  facts: PriceFacts,
  trips: Trip[],
): number {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (const bound of bounds) {
    const from = lowOf(bound, facts);
    const to = highOf(bound, facts);
    if (cents < from || cents > to) trips.push(trip(bound.rule, finite(measured(bound, cents, facts))));
    if (from > low && from < Number.POSITIVE_INFINITY) low = from;
    if (to < high) high = to;
  }
  return Math.min(high, Math.max(low, cents));
}

/** Each rule that is broken trips, and the lowest limit holds; one that only asks for a review leaves the value. */
function underCaps(caps: readonly Capped[], value: number, trips: Trip[]): number {
  let held = value;
  for (const { rule, limit } of caps) {
    if (value <= limit) continue;
    trips.push(trip(rule, value));
    if (rule.action !== 'review') held = Math.min(held, limit);
  }
  return held;
}
