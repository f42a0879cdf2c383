import type { Prng } from '@assay/domain/prng';

/** One unit's value; `progress` in [0, 1) is how far the experiment is. */
export type Law = (random: Prng, progress: number) => number;

export const normal: Law = (random) => random.normal();
export const skewed: Law = (random) => -Math.log1p(-random.next());
/** Log-normal with σ = 1: skewness 6.2, kurtosis 114. */
export const heavy: Law = (random) => Math.exp(random.normal());
export const bernoulli =
  (rate: number): Law =>
  (random) =>
    random.next() < rate ? 1 : 0;
/** Revenue a visitor: 5 % buy, log-normal baskets. */
export const sparse: Law = (random) => (random.next() < 0.05 ? Math.exp(random.normal()) : 0);

/** Student's t with 5 degrees of freedom. */
export function student5(random: Prng): number {
  let squares = 0;
  for (let i = 0; i < 5; i++) squares += random.normal() ** 2;
  return random.normal() / Math.sqrt(squares / 5);
}

/** Both arms rise and swing together by half a standard deviation: a trend and a week of seven waves. */
export const drifting: Law = (random, progress) =>
  random.normal() + 0.5 * progress + 0.25 * Math.sin(14 * Math.PI * progress);

/** A law whose events become rarer with time, in both arms alike. */
export const fading =
  (rate: number): Law =>
  (random, progress) =>
    random.next() < rate * (1.5 - progress) ? 1 : 0;

/** Knuth's product method; the mean is small. */
export function poisson(random: Prng, mean: number): number {
  const floor = Math.exp(-mean);
  let [count, product] = [0, random.next()];
  while (product > floor) {
    count += 1;
    product *= random.next();
  }
  return count;
}
