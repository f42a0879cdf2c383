import { FAMILIES } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import { PRICE_GRID } from '@assay/domain/families/pricing';
import { RANKING_SLATE } from '@assay/domain/families/ranking';
import type { RuleKind } from '@assay/domain/policy';
import type { PoolInput, PoolRow, ServedAnswer } from '../pool-row.ts';

/**
 * What an ideal server answers from a model's raw output, policy included: the yardstick with which recipes are
 * measured without servers. model-servers/families has the decoders that customers meet.
 */
export interface Decision {
  readonly served: ServedAnswer;
  /** Rows that the policy corrected. */
  readonly trips: number;
}

const inputOf = (row: PoolRow, name: string): readonly number[] =>
  row.inputs.find((i) => i.name === name)?.data ?? [];

const limitOf = (family: Family, kind: RuleKind, otherwise: number): number =>
  FAMILIES[family].policy.rules.find((r) => r.kind === kind)?.limit ?? otherwise;

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

function ranking(row: PoolRow, [scores = []]: readonly (readonly number[])[]): Decision {
  const stock = inputOf(row, 'in_stock');
  const order = inputOf(row, 'item_id')
    .map((id, i) => ({ id, score: scores[i] ?? 0, stock: stock[i] === 1 }))
    .sort((a, b) => b.score - a.score);
  const shown = order.filter((i) => i.stock).slice(0, RANKING_SLATE);
  return {
    served: { item_id: shown.map((i) => i.id), score: shown.map((i) => i.score) },
    trips: order.slice(0, RANKING_SLATE).some((i) => !i.stock) ? 1 : 0,
  };
}

function pricing(row: PoolRow, [probability = []]: readonly (readonly number[])[]): Decision {
  const [reference = 0] = inputOf(row, 'reference_price_cents');
  const [cost = 0] = inputOf(row, 'cost_cents');
  const [best] = PRICE_GRID.map((m, i) => ({ price: m * reference, p: probability[i] ?? 0 })).sort(
    (a, b) => b.p * (b.price - cost) - a.p * (a.price - cost),
  );
  if (best === undefined) return { served: {}, trips: 0 };
  const step = limitOf('pricing', 'max-step', 1);
  const lowest = Math.max(
    limitOf('pricing', 'price-floor', 0),
    reference * (1 - step),
    cost / (1 - limitOf('pricing', 'min-margin', 0)),
  );
  const highest = Math.min(limitOf('pricing', 'price-ceiling', 1e9), reference * (1 + step));
  const price = clamp(best.price, lowest, highest);
  return {
    served: { price_cents: [price], purchase_probability: [best.p] },
    trips: price === best.price ? 0 : 1,
  };
}

function bidding(row: PoolRow, [probability = []]: readonly (readonly number[])[]): Decision {
  const [value = 0] = inputOf(row, 'click_value_cents');
  const wanted = (probability[0] ?? 0) * value;
  const cap = limitOf('bidding', 'bid-cap', 1e9);
  return { served: { bid_cents: [Math.min(cap, wanted)] }, trips: wanted > cap ? 1 : 0 };
}

function forecasting(row: PoolRow, [ratio = []]: readonly (readonly number[])[]): Decision {
  const [level = 0] = inputOf(row, 'level');
  const wanted = (ratio[0] ?? 0) * level;
  const demand = clamp(wanted, 0, limitOf('forecasting', 'max-demand', 1e9));
  return { served: { demand: [demand] }, trips: demand === wanted ? 0 : 1 };
}

function vision(_row: PoolRow, [probabilities = []]: readonly (readonly number[])[]): Decision {
  const confidence = Math.max(...probabilities);
  const review = confidence < limitOf('vision', 'min-confidence', 0) ? 1 : 0;
  return {
    served: { label: [probabilities.indexOf(confidence)], confidence: [confidence], review: [review] },
    trips: review,
  };
}

const DECIDERS: Readonly<
  Record<Family, (row: PoolRow, outputs: readonly (readonly number[])[]) => Decision>
> = { ranking, pricing, bidding, forecasting, vision };

/** `outputs`: the values of each model output for this row's model input, see modelInput. */
export const decide = (family: Family, row: PoolRow, outputs: readonly (readonly number[])[]): Decision =>
  DECIDERS[family](row, outputs);

/** The model's own input for a request: pricing expands its context by PRICE_GRID, the others pass it on. */
export function modelInput(family: Family, row: PoolRow): PoolInput {
  const [first] = row.inputs;
  if (first === undefined) throw new TypeError(`row "${row.key}" has no input`);
  if (family !== 'pricing') return first;
  const [reference = 0] = inputOf(row, 'reference_price_cents');
  const data = PRICE_GRID.flatMap((m) => [(m * reference) / 100, ...first.data]);
  return { name: 'features', datatype: 'FP32', shape: [PRICE_GRID.length, first.data.length + 1], data };
}
