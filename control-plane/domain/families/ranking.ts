import type { FamilySpec } from './family.ts';

/** Features of one candidate item for one visitor; rows of the Open Bandit logs plus the shop's own stock and margin data. */
export const RANKING_FEATURES = [
  'user_feature_0',
  'user_feature_1',
  'user_feature_2',
  'user_feature_3',
  'affinity',
  'item_feature_0',
  'item_feature_1',
  'item_feature_2',
  'item_feature_3',
  'item_popularity',
  'item_price',
  'item_margin',
] as const;

/** How many items of the candidate list are shown. */
export const RANKING_SLATE = 4;

export const ranking: FamilySpec = {
  family: 'ranking',
  endpoint: 'home-ranking',
  model: 'home-ranker',
  requestInputs: [
    { name: 'features', datatype: 'FP32', shape: [-1, RANKING_FEATURES.length] },
    { name: 'item_id', datatype: 'INT64', shape: [-1] },
    { name: 'in_stock', datatype: 'BOOL', shape: [-1] },
  ],
  responseOutputs: [
    { name: 'item_id', datatype: 'INT64', shape: [-1] },
    { name: 'score', datatype: 'FP32', shape: [-1] },
  ],
  modelInputs: [{ name: 'features', datatype: 'FP32', shape: [-1, RANKING_FEATURES.length] }],
  modelOutputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 1] }],
  featureNames: RANKING_FEATURES,
  quality: { name: 'ndcg_at_4', better: 'higher', label: 'NDCG@4 of clicks' },
  northStar: {
    name: 'margin_cents',
    label: 'Contribution margin',
    unit: 'cents per session',
    better: 'higher',
    nonInferiorityMargin: 50,
  },
  guardrails: [
    {
      name: 'margin_cents',
      label: 'Contribution margin',
      unit: 'cents per session',
      better: 'higher',
      nonInferiorityMargin: 50,
    },
    {
      name: 'orders',
      label: 'Orders',
      unit: 'orders per session',
      better: 'higher',
      nonInferiorityMargin: 0.03,
    },
  ],
  shadowChecks: [],
  policy: { rules: [{ id: 'only-in-stock', kind: 'in-stock', action: 'filter' }] },
  analysis: 'ab',
  smallestEffect: 100,
};
