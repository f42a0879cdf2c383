import { FORECASTING_FEATURES } from '@assay/domain/families/forecasting';
import { compilePolicy } from '@assay/domain/policy-evaluate';
import { float32, floats, type WireTensor } from '../../runtime/tensor.ts';
import { type Answer, firstRow, input, type MakeCodec, rowNames } from '../codec.ts';

const DEMAND = rowNames('demand');

/** Inputs: features [n, 13], level [n, 1]. The model gives the ratio to the level; the level alone is the fallback. */
export const forecasting: MakeCodec = (policy) => {
  const guard = compilePolicy(policy);
  return {
    encode(inputs) {
      const features = input(inputs, 0);
      return { data: float32(features), shape: features.shape };
    },
    decode(inputs, raw, trips) {
      const level = float32(input(inputs, 1));
      return answer(
        inputs,
        level.map((units, r) => guard.demand((raw[r] as number) * units, trips)),
      );
    },
    fallback: (inputs) =>
      answer(
        inputs,
        float32(input(inputs, 1)).map((units) => guard.demand(units, [])),
      ),
  };
};

const answer = (inputs: readonly WireTensor[], demand: Float32Array): Answer => ({
  outputs: [floats('demand', demand)],
  served: [{ names: DEMAND, values: demand }],
  features: firstRow(float32(input(inputs, 0)), FORECASTING_FEATURES.length),
});
