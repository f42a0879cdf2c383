import { BIDDING_FEATURES } from '@assay/domain/families/bidding';
import { compilePolicy } from '@assay/domain/policy-evaluate';
import { float32, floats, type WireTensor } from '../../runtime/tensor.ts';
import { type Answer, firstRow, input, type MakeCodec, rowNames } from '../codec.ts';

const BIDS = rowNames('bid_cents');

/** Inputs: features [n, 10], click_value_cents [n]. The bid is the expected value of the slot. */
export const bidding: MakeCodec = (policy) => {
  const guard = compilePolicy(policy);
  return {
    encode(inputs) {
      const features = input(inputs, 0);
      return { data: float32(features), shape: features.shape };
    },
    decode(inputs, raw, trips) {
      const value = float32(input(inputs, 1));
      return answer(
        inputs,
        value.map((cents, r) => guard.bid((raw[r] as number) * cents, trips)),
      );
    },
    fallback: (inputs) => answer(inputs, new Float32Array(float32(input(inputs, 1)).length)),
  };
};

const answer = (inputs: readonly WireTensor[], bids: Float32Array): Answer => ({
  outputs: [floats('bid_cents', bids)],
  served: [{ names: BIDS, values: bids }],
  features: firstRow(float32(input(inputs, 0)), BIDDING_FEATURES.length),
});
