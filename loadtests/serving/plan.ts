import { fileURLToPath } from 'node:url';
import { CEILING_CENTS } from './expected.ts';

const model = (name: string): string => fileURLToPath(new URL(`./models/${name}.onnx`, import.meta.url));
export const CHAMPION = model('champion');
export const CANDIDATE = model('candidate');

const served = (version: string, path: string): object => ({ model: 'perceptron', version, path });

/** Five rules, one of which trips now and then. */
const POLICY = {
  rules: [
    { id: 'floor', kind: 'price-floor', limit: 50, action: 'clamp' },
    { id: 'ceiling', kind: 'price-ceiling', limit: CEILING_CENTS, action: 'clamp' },
    { id: 'law', kind: 'price-ceiling', limit: 1000, action: 'clamp' },
    { id: 'step', kind: 'max-step', limit: 0.25, action: 'clamp' },
    { id: 'margin', kind: 'min-margin', limit: 0.05, action: 'clamp' },
  ],
};

export type Feature = 'canary' | 'shadow' | 'guardrails' | 'evidence' | 'metrics';
export const FEATURES: readonly Feature[] = ['canary', 'shadow', 'guardrails', 'evidence', 'metrics'];

/** One endpoint whose plan has these features; evidence and metrics are no matter of a plan. */
export const planOf = (features: readonly Feature[]): object => ({
  version: 1,
  endpoints: [
    {
      name: 'shelf-price',
      family: 'pricing',
      champion: served('1', CHAMPION),
      ...(features.includes('canary') && {
        canary: { rollout: 'bench', weight: 0.1, ...served('2', CANDIDATE) },
      }),
      ...(features.includes('shadow') && { shadows: [{ sample: 0.1, ...served('2', CANDIDATE) }] }),
      ...(features.includes('guardrails') && { policy: POLICY }),
      evidence: 'before-reply',
    },
  ],
});
