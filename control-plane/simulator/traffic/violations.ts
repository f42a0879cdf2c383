import type { Family, FamilySpec } from '@assay/domain/families/family';
import type { RuleKind } from '@assay/domain/policy';
import type { PoolInput } from '../pool-row.ts';
import type { ServedTensors } from './codec.ts';

/** Prices and bids travel as FP32: a limit may be missed by rounding, not by more. */
const ROUNDING = 1e-4;

const limitOf = (spec: FamilySpec, kind: RuleKind): number | undefined =>
  spec.policy.rules.find((r) => r.kind === kind)?.limit;

const values = (inputs: readonly PoolInput[], name: string): ArrayLike<number> =>
  (inputs.find((i) => i.name === name)?.data ?? []) as ArrayLike<number>;

type Check = (spec: FamilySpec, inputs: readonly PoolInput[], served: ServedTensors) => string | undefined;

function ranking(_spec: FamilySpec, inputs: readonly PoolInput[], served: ServedTensors): string | undefined {
  const ids = Array.from(values(inputs, 'item_id'), Number);
  const stock = values(inputs, 'in_stock');
  const bad = (served.item_id ?? []).find((id) => !stock[ids.indexOf(id)]);
  return bad === undefined ? undefined : `item ${bad} is listed and out of stock`;
}

function pricing(spec: FamilySpec, inputs: readonly PoolInput[], served: ServedTensors): string | undefined {
  const reference = values(inputs, 'reference_price_cents');
  const cost = values(inputs, 'cost_cents');
  const broken = (served.price_cents ?? []).map((price, i) =>
    priceViolation(spec, price, reference[i] ?? price, cost[i] ?? 0),
  );
  return broken.find((b) => b !== undefined);
}

function priceViolation(
  spec: FamilySpec,
  price: number,
  reference: number,
  cost: number,
): string | undefined {
  if (!Number.isFinite(price)) return `price ${price}`;
  const floor = limitOf(spec, 'price-floor') ?? 0;
  const ceiling = limitOf(spec, 'price-ceiling') ?? Number.POSITIVE_INFINITY;
  const step = limitOf(spec, 'max-step') ?? Number.POSITIVE_INFINITY;
  const margin = limitOf(spec, 'min-margin') ?? Number.NEGATIVE_INFINITY;
  const slack = ROUNDING * price;
  if (price < floor - slack || price > ceiling + slack)
    return `price ${price} outside [${floor}, ${ceiling}]`;
  if (Math.abs(price - reference) > step * reference + slack)
    return `price ${price} is more than ${step} from ${reference}`;
  if ((price - cost) / price < margin - ROUNDING)
    return `price ${price} leaves less than ${margin} over cost ${cost}`;
  return undefined;
}

const within =
  (output: string, low: (spec: FamilySpec) => number, high: (spec: FamilySpec) => number): Check =>
  (spec, _inputs, served) => {
    const bad = (served[output] ?? []).find(
      (x) => !(x >= low(spec) - ROUNDING && x <= high(spec) * (1 + ROUNDING)),
    );
    return bad === undefined ? undefined : `${output} ${bad} outside [${low(spec)}, ${high(spec)}]`;
  };

function vision(spec: FamilySpec, _inputs: readonly PoolInput[], served: ServedTensors): string | undefined {
  const limit = limitOf(spec, 'min-confidence') ?? 0;
  const review = served.review ?? [];
  const bad = (served.confidence ?? []).findIndex((c, i) => c < limit - ROUNDING && !review[i]);
  return bad < 0 ? undefined : `confidence ${served.confidence?.[bad]} without review`;
}

const CHECKS: Readonly<Record<Family, Check>> = {
  ranking,
  pricing,
  vision,
  bidding: within(
    'bid_cents',
    () => 0,
    (spec) => limitOf(spec, 'bid-cap') ?? Number.POSITIVE_INFINITY,
  ),
  forecasting: within(
    'demand',
    () => 0,
    (spec) => limitOf(spec, 'max-demand') ?? Number.POSITIVE_INFINITY,
  ),
};

/** What a customer would see of a broken guardrail in one answer, from the answer alone; undefined when it is in order. */
export const violation = (
  spec: FamilySpec,
  inputs: readonly PoolInput[],
  served: ServedTensors,
): string | undefined => CHECKS[spec.family](spec, inputs, served);
