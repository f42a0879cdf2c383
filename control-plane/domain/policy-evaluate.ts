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

/** What a rule of a price measures, and the bound that it sets in cents; undefined where it says nothing about the row. */
interface PriceBound {
  readonly rule: GuardrailRule;
  readonly measure: (cents: number, facts: PriceFacts) => number;
  readonly low: (facts: PriceFacts) => number;
  readonly high: (facts: PriceFacts) => number;
}

const NONE_LOW = (): number => Number.NEGATIVE_INFINITY;
const NONE_HIGH = (): number => Number.POSITIVE_INFINITY;

const PRICE_BOUNDS: Partial<Record<RuleKind, (limit: number) => Omit<PriceBound, 'rule'>>> = {
  'price-floor': (limit) => ({ measure: (p) => p, low: () => limit, high: NONE_HIGH }),
  'price-ceiling': (limit) => ({ measure: (p) => p, low: NONE_LOW, high: () => limit }),
  // Without a positive reference there is no step to measure
  'max-step': (limit) => ({
    measure: (p, f) => Math.abs(p / f.referenceCents - 1),
    low: (f) => (f.referenceCents > 0 ? f.referenceCents * (1 - limit) : Number.NEGATIVE_INFINITY),
    high: (f) => (f.referenceCents > 0 ? f.referenceCents * (1 + limit) : Number.POSITIVE_INFINITY),
  }),
  'min-margin': (limit) => ({
    measure: (p, f) => (p - f.costCents) / p,
    // A margin of 1 or more cannot be had from any price above cost
    low: (f) => (limit < 1 ? f.costCents / (1 - limit) : Number.POSITIVE_INFINITY),
    high: NONE_HIGH,
  }),
};

function priceBounds(policy: Policy): readonly PriceBound[] {
  return policy.rules.flatMap((rule) => {
    const make = PRICE_BOUNDS[rule.kind];
    return make === undefined ? [] : [{ rule, ...make(rule.limit ?? 0) }];
  });
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
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const bound of bounds) {
    const [from, to] = [bound.low(facts), bound.high(facts)];
    if (cents < from || cents > to) trips.push(trip(bound.rule, finite(bound.measure(cents, facts))));
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
