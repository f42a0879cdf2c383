import { asymptoticCs } from '@assay/analysis/methods/asymptotic-cs';
import { meanDifference } from '@assay/analysis/methods/mean-difference';
import { asMean } from '@assay/analysis/methods/ratio-metric';
import type { Prng } from '@assay/domain/prng';
import { Running, RunningPair } from './running.ts';
import { type Scenario, watch } from './scenario.ts';

const ALPHA = 0.05;
const MIN_CLUSTERS = 100;

/** Five rows of one cluster; the cluster's level is half of the variance. */
function addCluster(random: Prng, rows: Running, clusters: RunningPair): void {
  const level = random.normal();
  let total = 0;
  for (let i = 0; i < 5; i++) {
    const x = level + random.normal();
    rows.add(x);
    total += x;
  }
  clusters.add(total, 5);
}

/** One cluster an arm and look. */
function clustered(byCluster: boolean) {
  return (random: Prng, looks: number): number[] => {
    const rows = [new Running(), new Running()] as const;
    const clusters = [new RunningPair(), new RunningPair()] as const;
    const grow = (): void => {
      for (const arm of [0, 1] as const) addCluster(random, rows[arm], clusters[arm]);
    };
    const tuning = (byCluster ? 2 : 10) * looks;
    const alarm = (): boolean => {
      const [a, b] = byCluster ? [asMean(clusters[0].ratio), asMean(clusters[1].ratio)] : rows;
      return asymptoticCs(a, b, { alpha: ALPHA, tuning }).p < ALPHA;
    };
    return watch(looks, grow, (look) => look >= MIN_CLUSTERS && alarm());
  };
}

/** An autoregressive series (0.8), taken in blocks of some periods. */
class Series {
  readonly blocks = new Running();
  private state: number;
  private total = 0;
  private age = 0;
  private readonly random: Prng;
  private readonly block: number;

  constructor(random: Prng, block: number) {
    this.random = random;
    this.block = block;
    this.state = random.normal() / 0.6;
  }

  next(): void {
    this.state = 0.8 * this.state + this.random.normal();
    this.total += this.state;
    this.age += 1;
    if (this.age < this.block) return;
    this.blocks.add(this.total / this.block);
    [this.total, this.age] = [0, 0];
  }
}

/** 20 periods a look. Blocks of 100 are nearly independent, single periods are not. */
function autocorrelated(block: number) {
  return (random: Prng, looks: number): number[] => {
    const [a, b] = [new Series(random, block), new Series(random, block)];
    const grow = (): void => {
      for (let i = 0; i < 20; i++) {
        a.next();
        b.next();
      }
    };
    const options = { alpha: ALPHA, tuning: (40 * looks) / block };
    return watch(
      looks,
      grow,
      () => a.blocks.n >= MIN_CLUSTERS && asymptoticCs(a.blocks, b.blocks, options).p < ALPHA,
    );
  };
}

/** Welch at each look, stopped at the first p < alpha: what a fixed-horizon result that is read early does. */
function peekedAt(random: Prng, looks: number): number[] {
  const [control, treatment] = [new Running(), new Running()];
  for (let look = 0; look < looks; look++) {
    for (let i = 0; i < 5; i++) {
      control.add(random.normal());
      treatment.add(random.normal());
    }
    if (look >= 40 && meanDifference(control, treatment, { alpha: ALPHA }).p < ALPHA) return [1];
  }
  return [0];
}

const of = (
  id: string,
  method: string,
  data: string,
  stated: Scenario['stated'],
  run: Scenario['run'],
): Scenario => ({
  ...{ id: `broken/${id}`, table: 'broken', method, data, stated, run },
});

/** The naive reading must be caught failing, or this simulation could not see a failure. */
const FAILS = { atLeast: 0.1 };

export const BROKEN: readonly Scenario[] = [
  of('cluster-rows', 'asymptotic-cs', 'clustered rows taken as units: not valid', FAILS, clustered(false)),
  of(
    'cluster-ratio',
    'asymptotic-cs',
    'the same rows, clusters as units of a ratio metric',
    { atMost: ALPHA },
    clustered(true),
  ),
  of(
    'ar-periods',
    'asymptotic-cs',
    'autocorrelated periods (0.8) taken as units: not valid',
    FAILS,
    autocorrelated(1),
  ),
  of(
    'ar-blocks',
    'asymptotic-cs',
    'the same series in blocks of 100 periods',
    { atMost: ALPHA },
    autocorrelated(100),
  ),
  of('welch-peeked', 'mean-difference', 'fixed horizon read at every look: not valid', FAILS, peekedAt),
];
