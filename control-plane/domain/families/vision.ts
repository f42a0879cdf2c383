import type { FamilySpec } from './family.ts';

/** Side of the grey image in pixels; values 0 (paper) to 16 (ink), as the UCI digits come. */
export const VISION_SIDE = 8;

export const vision: FamilySpec = {
  family: 'vision',
  endpoint: 'label-check',
  model: 'label-reader',
  requestInputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 1, VISION_SIDE, VISION_SIDE] }],
  responseOutputs: [
    { name: 'label', datatype: 'INT64', shape: [-1] },
    { name: 'confidence', datatype: 'FP32', shape: [-1] },
    // True where the confidence is below the policy's limit: a person decides.
    { name: 'review', datatype: 'BOOL', shape: [-1] },
  ],
  modelInputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 1, VISION_SIDE, VISION_SIDE] }],
  modelOutputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 10] }],
  featureNames: ['mean_ink', 'ink_spread', 'row_centre', 'column_centre', 'edge_ink'],
  quality: { name: 'accuracy', better: 'higher', label: 'Accuracy on held-out labels' },
  // A misread label costs 100 cents, a person's look 15.
  northStar: {
    name: 'handling_cents',
    label: 'Cost of misreads and reviews',
    unit: 'cents per label',
    better: 'lower',
    nonInferiorityMargin: 1.5,
  },
  guardrails: [
    {
      name: 'handling_cents',
      label: 'Cost of misreads and reviews',
      unit: 'cents per label',
      better: 'lower',
      nonInferiorityMargin: 1.5,
    },
    {
      name: 'misreads',
      label: 'Misreads that nobody reviewed',
      unit: 'share',
      better: 'lower',
      nonInferiorityMargin: 0.02,
    },
  ],
  shadowChecks: [{ name: 'error_rate', label: 'Share of shadow labels that are wrong', limit: 0.3 }],
  policy: { rules: [{ id: 'sure-enough', kind: 'min-confidence', limit: 0.7, action: 'review' }] },
  analysis: 'ab',
  smallestEffect: 2,
};
