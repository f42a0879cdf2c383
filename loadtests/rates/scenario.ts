import type { Prng } from '@assay/domain/prng';

export const TABLES = {
  peeking: 'False positives under continuous peeking',
  coverage: 'Coverage: how often the interval misses the truth',
  quasi: 'Quasi-experiments: how often the interval misses, or a test finds what is not there',
  tests: 'Tests of nothing: how often they find something',
  power: 'Power beside the fixed-horizon test at the same sample',
  rules: 'The combined rules',
  broken: 'Assumptions broken on purpose',
} as const;

/** One question of the simulation: `run` plays one experiment and says what happened in it, a number a column. */
export interface Scenario {
  /** Seeds hang on it: a renamed scenario draws other numbers. */
  readonly id: string;
  readonly table: keyof typeof TABLES;
  /** Method of the contract, or the rule's function. */
  readonly method: string;
  /** The law of the data and the sample, in words. */
  readonly data: string;
  /** The judged event's rate: at most this, or (power) at least; null is only shown, with the reason in `data`. */
  readonly stated: { readonly atMost: number } | { readonly atLeast: number } | null;
  /** Names of further columns, after the judged event's. */
  readonly also?: readonly string[];
  readonly run: (random: Prng, looks: number) => readonly number[];
}

export interface Tally {
  runs: number;
  sums: number[];
}

/** Runs of one chunk, all from one seed: the same wherever and whenever it is played. */
export function play(
  scenario: Scenario,
  random: Prng,
  { runs, looks }: { runs: number; looks: number },
): Tally {
  const sums = [0, ...(scenario.also ?? []).map(() => 0)];
  for (let run = 0; run < runs; run++)
    for (const [i, value] of scenario.run(random, looks).entries()) sums[i] = (sums[i] ?? 0) + value;
  return { runs, sums };
}

export interface Judged {
  readonly rate: number;
  /** Monte-Carlo standard error of the rate. */
  readonly error: number;
  readonly broken: boolean;
}

/** One-sided normal quantile of 0.001: a stated rate that holds exactly is called broken once in a thousand scenarios. */
const Z = 3.09;

/** Broken only beyond Monte-Carlo error, which is taken at the stated rate. */
export function judge(scenario: Scenario, { runs, sums }: Tally): Judged {
  const rate = (sums[0] ?? 0) / runs;
  const error = Math.sqrt((rate * (1 - rate)) / runs);
  const { stated } = scenario;
  if (stated === null) return { rate, error, broken: false };
  const bound = 'atMost' in stated ? stated.atMost : stated.atLeast;
  const room = Z * Math.sqrt((bound * (1 - bound)) / runs);
  return { rate, error, broken: 'atMost' in stated ? rate > bound + room : rate < bound - room };
}

/** Looks at what `grow` adds until `alarm` says so: 1 when it ever did. */
export function watch(
  looks: number,
  grow: (look: number) => void,
  alarm: (look: number) => boolean,
): number[] {
  for (let look = 0; look < looks; look++) {
    grow(look);
    if (alarm(look)) return [1];
  }
  return [0];
}
