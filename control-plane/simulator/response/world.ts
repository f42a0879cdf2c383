import { prng } from '@assay/domain/prng';

/**
 * The sample world's invented facts (prices, margins, tastes) come from names alone, not from a run's seed: every run
 * has the same truth, so effects are tuned and stated once. A run's seed draws visitors and noise.
 */
const WORLD = 'assay-shop-1';

const memo = new Map<string, number>();

function remembered(key: string, make: (key: string) => number): number {
  const known = memo.get(key);
  if (known !== undefined) return known;
  const made = make(`${WORLD}/${key}`);
  memo.set(key, made);
  return made;
}

/** Standard normal trait of a named thing; the same name always has the same trait. */
export const trait = (name: string): number => remembered(name, (key) => prng(key).normal());

/** Uniform trait in [0, 1). */
export const share = (name: string): number => remembered(`u/${name}`, (key) => prng(key).next());
