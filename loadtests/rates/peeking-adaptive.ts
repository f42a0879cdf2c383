import { policyLogCapital } from '@assay/analysis/methods/off-policy-cs';
import type { Prng } from '@assay/domain/prng';
import { Running } from './running.ts';
import type { Scenario } from './scenario.ts';

const ALPHA = 0.05;
/** Normal quantile of 0.025. */
const Z = 1.959963984540054;

/** Success rates by context (a coin) and arm; arm 1 is worth 0.4. */
const RATES = [
  [0.2, 0.3],
  [0.6, 0.5],
] as const;
const VALUE = 0.4;

/** Terms w·r and w·(1 − r) of the log, in its order. */
interface Terms {
  readonly gains: readonly number[];
  readonly losses: readonly number[];
}

/** A limit of the sequence ever passes the target's value, a look after every row. */
function sequenceErrs({ gains, losses }: Terms): boolean {
  const crossed = (terms: readonly number[], mean: number): boolean =>
    policyLogCapital(terms, mean, ALPHA / 2).some((log) => log >= Math.log(2 / ALPHA));
  return crossed(gains, VALUE) || crossed(losses, 1 - VALUE);
}

/** The interval of inverse propensity, made to be read once, ever misses it, from 100 rows on. */
function ipsErrs({ gains }: Terms): boolean {
  const running = new Running();
  return gains.some((term) => {
    running.add(term);
    const half = Z * Math.sqrt(running.variance / running.n);
    return running.n >= 100 && Math.abs(running.mean - VALUE) > half;
  });
}

/**
 * A bandit that learns: it plays the arm that is ahead in its context but with probability `floor`, which may fall with time. The
 * target always plays arm 1.
 */
function bandit(floorAt: (row: number) => number, perLook: number, errs: (terms: Terms) => boolean) {
  return (random: Prng, looks: number): number[] => {
    const played = [0, 1].map(() => [0, 1].map(() => ({ n: 0, won: 0 })));
    const rate = (context: number, arm: number): number => {
      const { n = 0, won = 0 } = played[context]?.[arm] ?? {};
      return (won + 1) / (n + 2);
    };
    const [gains, losses]: [number[], number[]] = [[], []];
    for (let row = 0; row < looks * perLook; row++) {
      const context = random.int(2);
      const floor = floorAt(row);
      const propensity = rate(context, 1) > rate(context, 0) ? 1 - floor : floor;
      const arm = Number(random.next() < propensity);
      const reward = Number(random.next() < (RATES[context]?.[arm] ?? 0));
      const cell = played[context]?.[arm];
      if (cell !== undefined) {
        cell.n += 1;
        cell.won += reward;
      }
      const weight = arm === 1 ? 1 / propensity : 0;
      gains.push(weight * reward);
      losses.push(weight * (1 - reward));
    }
    return [Number(errs({ gains, losses }))];
  };
}

const of = (id: string, data: string, run: Scenario['run']): Scenario => ({
  ...{ id: `peeking/off-policy-cs/${id}`, table: 'peeking', method: 'off-policy-cs', data },
  ...{ stated: { atMost: ALPHA }, run },
});

export const PEEKING_ADAPTIVE: readonly Scenario[] = [
  of(
    'floor',
    'a bandit that learns, 10 % for the arm behind',
    bandit(() => 0.1, 5, sequenceErrs),
  ),
  of(
    'decaying',
    'a bandit whose floor falls as t^−0.5: weights without bound',
    bandit((row) => 0.5 / Math.sqrt(1 + row), 5, sequenceErrs),
  ),
  {
    ...{ id: 'broken/off-policy/peeking', table: 'broken', method: 'off-policy' },
    data: 'IPS interval read after every row of a bandit that learns: not valid',
    stated: { atLeast: 0.1 },
    run: bandit(() => 0.1, 5, ipsErrs),
  },
];
