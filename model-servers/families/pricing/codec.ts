import { PRICE_GRID, PRICING_FEATURES } from '@assay/domain/families/pricing';
import type { Trip } from '@assay/domain/policy';
import { compilePolicy } from '@assay/domain/policy-evaluate';
import { float32, floats, type WireTensor } from '../../runtime/tensor.ts';
import { type Answer, input, type MakeCodec, rowNames } from '../codec.ts';

const WIDTH = PRICING_FEATURES.length;
const CONTEXT = WIDTH - 1;
const GRID = PRICE_GRID.length;
const CENTS = 100;
const [PRICES, PROBABILITIES] = [rowNames('price_cents'), rowNames('purchase_probability')];

/** Inputs: context [n, 7], reference_price_cents [n], cost_cents [n]. Each row is asked at every price of the grid. */
export const pricing: MakeCodec = (policy) => {
  const guard = compilePolicy(policy);
  return {
    encode(inputs) {
      const context = float32(input(inputs, 0));
      const reference = float32(input(inputs, 1));
      const rows = reference.length;
      const data = new Float32Array(rows * GRID * WIDTH);
      for (let r = 0; r < rows; r++) {
        const from = r * GRID * WIDTH;
        for (let g = 0; g < GRID; g++)
          data[from + g * WIDTH] = ((PRICE_GRID[g] as number) * (reference[r] as number)) / CENTS;
        for (let c = 0; c < CONTEXT; c++) {
          const value = context[r * CONTEXT + c] as number;
          for (let g = 0; g < GRID; g++) data[from + g * WIDTH + 1 + c] = value;
        }
      }
      return { data, shape: [rows * GRID, WIDTH] };
    },
    decode(inputs, raw, trips) {
      const reference = float32(input(inputs, 1));
      const cost = float32(input(inputs, 2));
      const prices = new Float32Array(reference.length);
      const probabilities = new Float32Array(reference.length);
      for (let r = 0; r < reference.length; r++) {
        const facts = { referenceCents: reference[r] as number, costCents: cost[r] as number };
        const g = best(raw, r * GRID, facts.referenceCents, facts.costCents);
        prices[r] = guard.price((PRICE_GRID[g] as number) * facts.referenceCents, facts, trips);
        probabilities[r] = raw[r * GRID + g] as number;
      }
      return answer(inputs, prices, probabilities);
    },
    fallback(inputs) {
      const reference = float32(input(inputs, 1));
      const cost = float32(input(inputs, 2));
      const silent: Trip[] = [];
      const prices = reference.map((referenceCents, r) =>
        guard.price(referenceCents, { referenceCents, costCents: cost[r] as number }, silent),
      );
      return answer(inputs, prices, new Float32Array(prices.length));
    },
  };
};

/** Grid index with the highest expected margin; the lowest price among equals. The row's probabilities begin at `from`. */
function best(probability: Float32Array, from: number, reference: number, cost: number): number {
  let at = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let g = 0; g < GRID; g++) {
    const margin = (probability[from + g] as number) * ((PRICE_GRID[g] as number) * reference - cost);
    if (margin > most) {
      at = g;
      most = margin;
    }
  }
  return at;
}

/** Features: the first row, with the price that was served. */
function answer(inputs: readonly WireTensor[], prices: Float32Array, probabilities: Float32Array): Answer {
  const context = float32(input(inputs, 0));
  return {
    outputs: [floats('price_cents', prices), floats('purchase_probability', probabilities)],
    served: [
      { names: PRICES, values: prices },
      { names: PROBABILITIES, values: probabilities },
    ],
    features: [(prices[0] as number) / CENTS, ...context.subarray(0, CONTEXT)],
  };
}
