import { sha256Words, utf8 } from './sha256.ts';

const TWO_48 = 2 ** 48;

/**
 * Position of a unit under a salt, uniform in [0, 1): the first six bytes of SHA-256(salt:unit), big endian, over 2^48.
 * Fixed for ever: auditors recompute it in SQL (design.md, "Assignment").
 */
export function position(salt: string, unit: string): number {
  const words = sha256Words(utf8(`${salt}:${unit}`));
  const high = (words[0] as number) >>> 0;
  const low = (words[1] as number) >>> 16;
  return (high * 2 ** 16 + low) / TWO_48;
}

/** Raising the weight only adds units: nobody moves out of a canary by a step up. */
export const inCanary = (rolloutId: string, unit: string, weight: number): boolean =>
  position(`rollout/${rolloutId}`, unit) < weight;

/** Is the unit in this experiment's share [from, to) of its layer? */
export function inLayerShare(layerId: string, unit: string, from: number, to: number): boolean {
  const u = position(`layer/${layerId}`, unit);
  return u >= from && u < to;
}

/** Index of the first arm whose cumulative weight exceeds u; the last one where rounding leaves none. */
export function armAt(weights: readonly number[], u: number): number {
  let cumulative = 0;
  for (let i = 0; i < weights.length; i++) {
    cumulative += weights[i] as number;
    if (u < cumulative) return i;
  }
  return weights.length - 1;
}

export const armOf = (experimentId: string, weights: readonly number[], unit: string): number =>
  armAt(weights, position(`experiment/${experimentId}`, unit));
