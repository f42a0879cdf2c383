import { runningP } from './srm-sequential.ts';

export interface EstimateLook {
  readonly estimate: number;
  /** Of the estimate, > 0. */
  readonly variance: number;
}

export interface Msprt {
  readonly logE: number[];
  readonly p: number[];
  readonly lower: number[];
  readonly upper: number[];
}

/**
 * Mixture sequential probability ratio test with a N(0, τ²) mixture (Robbins, Annals of Mathematical Statistics 41 (1970);
 * Johari, Koomen, Pekelis & Walsh, KDD 2017). Looks are cumulative estimates.
 */
export function msprt(looks: readonly EstimateLook[], mixingVariance: number, alpha = 0.05): Msprt {
  const logE = looks.map(({ estimate, variance: v }) => {
    const total = v + mixingVariance;
    return 0.5 * Math.log(v / total) + ((mixingVariance / total) * estimate ** 2) / (2 * v);
  });
  const halves = looks.map(({ variance: v }) => {
    const total = v + mixingVariance;
    return Math.sqrt(((v * total) / mixingVariance) * (-2 * Math.log(alpha) + Math.log(total / v)));
  });
  return {
    logE,
    p: runningP(logE),
    lower: looks.map(({ estimate }, i) => estimate - (halves[i] as number)),
    upper: looks.map(({ estimate }, i) => estimate + (halves[i] as number)),
  };
}
