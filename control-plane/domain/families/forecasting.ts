import type { FamilySpec } from './family.ts';

/** Lags are ratios to `level` (mean of the last 28 days), so one model serves stores of any size. Weather is the day's forecast. */
export const FORECASTING_FEATURES = [
  'lag_7',
  'lag_14',
  'lag_21',
  'lag_28',
  'mean_7',
  'weekday',
  'month',
  'holiday',
  'workingday',
  'weather',
  'temperature',
  'humidity',
  'wind_speed',
] as const;

export const forecasting: FamilySpec = {
  family: 'forecasting',
  endpoint: 'demand-forecast',
  model: 'demand-forecaster',
  requestInputs: [
    { name: 'features', datatype: 'FP32', shape: [-1, FORECASTING_FEATURES.length] },
    { name: 'level', datatype: 'FP32', shape: [-1, 1] },
  ],
  responseOutputs: [{ name: 'demand', datatype: 'FP32', shape: [-1] }],
  modelInputs: [{ name: 'features', datatype: 'FP32', shape: [-1, FORECASTING_FEATURES.length] }],
  // The model predicts the ratio to `level`; decode multiplies.
  modelOutputs: [{ name: 'ratio', datatype: 'FP32', shape: [-1, 1] }],
  featureNames: FORECASTING_FEATURES,
  quality: { name: 'wape', better: 'lower', label: 'WAPE of daily demand, last 90 days' },
  northStar: {
    name: 'stock_cost',
    label: 'Stock-out and holding cost',
    unit: 'share of mean demand a store and day',
    better: 'lower',
    nonInferiorityMargin: 0.05,
  },
  guardrails: [
    {
      name: 'stock_cost',
      label: 'Stock-out and holding cost',
      unit: 'share of mean demand a store and day',
      better: 'lower',
      nonInferiorityMargin: 0.05,
    },
  ],
  shadowChecks: [
    { name: 'relative_bias', label: 'Σ(forecast − demand) / Σ demand of the shadow answers', limit: 0.1 },
  ],
  policy: {
    rules: [
      { id: 'no-negative-demand', kind: 'non-negative', action: 'clamp' },
      { id: 'largest-order', kind: 'max-demand', limit: 20_000, action: 'clamp' },
    ],
  },
  analysis: 'synthetic-control',
  smallestEffect: 0.02,
};
