import { betaQuantile } from '../numeric/beta.ts';
import { normalUpperQuantile } from '../numeric/normal.ts';

export const PROPORTION_INTERVALS = ['wilson', 'clopper-pearson'] as const;
export type ProportionIntervalKind = (typeof PROPORTION_INTERVALS)[number];

export interface Proportion {
  readonly successes: number;
  readonly n: number;
}

export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Wilson 1927, no continuity correction. */
export function wilson({ successes, n }: Proportion, alpha: number): Bounds {
  const z = normalUpperQuantile(alpha / 2);
  const failures = n - successes;
  const half = z * Math.sqrt((successes * failures) / n + (z * z) / 4);
  const centre = successes + (z * z) / 2;
  const total = n + z * z;
  return {
    lower: successes === 0 ? 0 : Math.max(0, (centre - half) / total),
    upper: failures === 0 ? 1 : Math.min(1, (centre + half) / total),
  };
}

/** Clopper & Pearson 1934: exact, by beta quantiles. */
export function clopperPearson({ successes, n }: Proportion, alpha: number): Bounds {
  return {
    lower: successes === 0 ? 0 : betaQuantile(alpha / 2, successes, n - successes + 1),
    upper: successes === n ? 1 : 1 - betaQuantile(alpha / 2, n - successes, successes + 1),
  };
}

export function proportionInterval(
  given: Proportion,
  { alpha = 0.05, interval = 'wilson' }: { alpha?: number; interval?: ProportionIntervalKind } = {},
): Bounds & { estimate: number } {
  const bounds = interval === 'wilson' ? wilson(given, alpha) : clopperPearson(given, alpha);
  return { estimate: given.successes / given.n, ...bounds };
}
