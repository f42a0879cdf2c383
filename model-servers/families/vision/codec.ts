import { VISION_SIDE } from '@assay/domain/families/vision';
import { visionFeatures } from '@assay/domain/families/vision-features';
import { compilePolicy } from '@assay/domain/policy-evaluate';
import { booleans, float32, floats, integers, type WireTensor } from '../../runtime/tensor.ts';
import { type Answer, input, type MakeCodec, rowNames } from '../codec.ts';

const PIXELS = VISION_SIDE * VISION_SIDE;
const CLASSES = 10;
const [LABELS, CONFIDENCES, REVIEWS] = [rowNames('label'), rowNames('confidence'), rowNames('review')];

/** Inputs: image [n, 1, 8, 8]. Where the model is not sure enough a person reads the label. */
export const vision: MakeCodec = (policy) => {
  const guard = compilePolicy(policy);
  return {
    encode(inputs) {
      const image = input(inputs, 0);
      return { data: float32(image), shape: image.shape };
    },
    decode(inputs, raw, trips) {
      const rows = raw.length / CLASSES;
      const labels: number[] = [];
      const confidence = new Float32Array(rows);
      const review: boolean[] = [];
      for (let r = 0; r < rows; r++) {
        const row = raw.subarray(r * CLASSES, (r + 1) * CLASSES);
        const label = largest(row);
        labels.push(label);
        confidence[r] = row[label] as number;
        review.push(guard.review(row[label] as number, trips));
      }
      return answer(inputs, labels, confidence, review);
    },
    fallback(inputs) {
      const rows = float32(input(inputs, 0)).length / PIXELS;
      const of = <T>(value: T): T[] => new Array<T>(rows).fill(value);
      return answer(inputs, of(-1), new Float32Array(rows), of(true));
    },
  };
};

function largest(row: Float32Array): number {
  let at = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] as number) > (row[at] as number)) at = i;
  return at;
}

const answer = (
  inputs: readonly WireTensor[],
  labels: readonly number[],
  confidence: Float32Array,
  review: readonly boolean[],
): Answer => ({
  outputs: [
    integers('label', labels.map(BigInt)),
    floats('confidence', confidence),
    booleans('review', review),
  ],
  served: [
    { names: LABELS, values: labels },
    { names: CONFIDENCES, values: confidence },
    { names: REVIEWS, values: review.map(Number) },
  ],
  features: visionFeatures(float32(input(inputs, 0)).subarray(0, PIXELS)),
});
