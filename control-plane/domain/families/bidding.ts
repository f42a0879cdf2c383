import type { FamilySpec } from './family.ts';

/** One ad slot (Open Bandit impressions): who looks, what is advertised, where it stands, what a click is worth. */
export const BIDDING_FEATURES = [
  'user_feature_0',
  'user_feature_1',
  'user_feature_2',
  'user_feature_3',
  'affinity',
  'item_feature_0',
  'item_feature_1',
  'item_feature_2',
  'item_feature_3',
  'position',
] as const;

export const bidding: FamilySpec = {
  family: 'bidding',
  endpoint: 'ad-bid',
  model: 'ad-bidder',
  requestInputs: [
    { name: 'features', datatype: 'FP32', shape: [-1, BIDDING_FEATURES.length] },
    { name: 'click_value_cents', datatype: 'FP32', shape: [-1] },
  ],
  responseOutputs: [{ name: 'bid_cents', datatype: 'FP32', shape: [-1] }],
  modelInputs: [{ name: 'features', datatype: 'FP32', shape: [-1, BIDDING_FEATURES.length] }],
  // The bid is the expected value: probability of a click × its value (truthful in a second-price auction).
  modelOutputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
  featureNames: BIDDING_FEATURES,
  quality: { name: 'auc', better: 'higher', label: 'AUC of click' },
  northStar: {
    name: 'profit_cents',
    label: 'Value minus cost',
    unit: 'cents per auction',
    better: 'higher',
    nonInferiorityMargin: 0.5,
  },
  guardrails: [
    {
      name: 'profit_cents',
      label: 'Value minus cost',
      unit: 'cents per auction',
      better: 'higher',
      nonInferiorityMargin: 0.5,
    },
    {
      name: 'cost_cents',
      label: 'Spend',
      unit: 'cents per auction',
      better: 'lower',
      nonInferiorityMargin: 3,
      // A sharper model buys more of what is worth it
      tolerance: 1,
    },
  ],
  // Share of shadow answers that the policy had to correct.
  shadowChecks: [{ name: 'trip_rate', label: 'Share of shadow bids that hit the cap', limit: 0.12 }],
  policy: { rules: [{ id: 'cap', kind: 'bid-cap', limit: 60, action: 'clamp' }] },
  analysis: 'ab',
  smallestEffect: 1.5,
};
