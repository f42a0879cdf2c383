import { RANKING_FEATURES, RANKING_SLATE } from '@assay/domain/families/ranking';
import type { Trip } from '@assay/domain/policy';
import { compilePolicy } from '@assay/domain/policy-evaluate';
import { float32, floats, int64, integers, type WireTensor } from '../../runtime/tensor.ts';
import { type Answer, input, type MakeCodec } from '../codec.ts';

const WIDTH = RANKING_FEATURES.length;
const slots = (column: string): readonly string[] =>
  Array.from({ length: RANKING_SLATE }, (_, slot) => `${column}_${slot}`);
const [ITEMS, SCORES] = [slots('item'), slots('score')];

/** Inputs: features [n, 12], item_id [n], in_stock [n]. The model scores all; the best of those in stock are shown. */
export const ranking: MakeCodec = (policy) => {
  const { stockRule } = compilePolicy(policy);
  return {
    encode(inputs) {
      const features = input(inputs, 0);
      return { data: float32(features), shape: features.shape };
    },
    decode(inputs, raw, trips) {
      const order = byScore(raw);
      if (stockRule === undefined) return slate(inputs, order, raw);
      const stock = input(inputs, 2).data;
      const dropped = order.slice(0, RANKING_SLATE).filter((i) => stock[i] === 0).length;
      if (dropped > 0) trips.push(trip(stockRule.id, dropped));
      return slate(
        inputs,
        order.filter((i) => stock[i] !== 0),
        raw,
      );
    },
    fallback(inputs) {
      const stock = input(inputs, 2).data;
      const n = stock.length;
      const order = Array.from({ length: n }, (_, i) => i).filter((i) => !stockRule || stock[i] !== 0);
      return slate(inputs, order, new Float32Array(n));
    },
  };
};

/** Value: how many of the first four would have been out of stock. */
const trip = (rule: string, value: number): Trip => ({
  rule,
  kind: 'in-stock',
  value,
  limit: 0,
  action: 'filter',
});

/** Ties keep the order of the request. */
const byScore = (scores: Float32Array): number[] =>
  Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );

function slate(inputs: readonly WireTensor[], order: readonly number[], scores: Float32Array): Answer {
  const ids = int64(input(inputs, 1));
  const shown = order.slice(0, RANKING_SLATE);
  return {
    outputs: [
      integers(
        'item_id',
        shown.map((i) => ids[i] as bigint),
      ),
      floats(
        'score',
        shown.map((i) => scores[i] as number),
      ),
    ],
    served: [
      { names: ITEMS, values: shown.map((i) => Number(ids[i])) },
      { names: SCORES, values: shown.map((i) => scores[i] as number) },
    ],
    features: columnMeans(float32(input(inputs, 0))),
  };
}

function columnMeans(values: Float32Array): number[] {
  const means = new Array<number>(WIDTH).fill(0);
  const rows = values.length / WIDTH;
  for (let i = 0; i < values.length; i++)
    means[i % WIDTH] = (means[i % WIDTH] as number) + (values[i] as number) / rows;
  return means;
}
