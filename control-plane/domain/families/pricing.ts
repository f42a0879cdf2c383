import type { FamilySpec } from './family.ts';

/** One purchase occasion (ISLR's orange-juice purchases); `price` is the price being considered, the rest is context. */
export const PRICING_FEATURES = [
  'price',
  'competitor_price',
  'discount',
  'competitor_discount',
  'loyalty',
  'special',
  'store',
  'week',
] as const;

/** Multiples of the reference price among which the decoder chooses. */
export const PRICE_GRID = [0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2] as const;

export const pricing: FamilySpec = {
  family: 'pricing',
  endpoint: 'shelf-price',
  model: 'shelf-pricer',
  requestInputs: [
    // One row a product: the features without price, in order.
    { name: 'context', datatype: 'FP32', shape: [-1, PRICING_FEATURES.length - 1] },
    { name: 'reference_price_cents', datatype: 'FP32', shape: [-1] },
    { name: 'cost_cents', datatype: 'FP32', shape: [-1] },
  ],
  responseOutputs: [
    { name: 'price_cents', datatype: 'FP32', shape: [-1] },
    { name: 'purchase_probability', datatype: 'FP32', shape: [-1] },
  ],
  // The server expands each row by PRICE_GRID and chooses the price with the highest expected margin; prices in dollars.
  modelInputs: [{ name: 'features', datatype: 'FP32', shape: [-1, PRICING_FEATURES.length] }],
  modelOutputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
  featureNames: PRICING_FEATURES,
  quality: { name: 'log_loss', better: 'lower', label: 'Log loss of purchase' },
  northStar: {
    name: 'margin_cents',
    label: 'Contribution margin',
    unit: 'cents per occasion',
    better: 'higher',
    nonInferiorityMargin: 1.5,
  },
  guardrails: [
    {
      name: 'margin_cents',
      label: 'Contribution margin',
      unit: 'cents per occasion',
      better: 'higher',
      nonInferiorityMargin: 1.5,
    },
  ],
  shadowChecks: [],
  policy: {
    rules: [
      { id: 'floor', kind: 'price-floor', limit: 100, action: 'clamp' },
      { id: 'ceiling', kind: 'price-ceiling', limit: 300, action: 'clamp' },
      { id: 'largest-step', kind: 'max-step', limit: 0.25, action: 'clamp' },
      { id: 'margin', kind: 'min-margin', limit: 0.05, action: 'clamp' },
    ],
  },
  analysis: 'ab',
  smallestEffect: 3,
};
