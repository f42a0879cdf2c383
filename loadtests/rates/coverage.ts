import { clusterMeanDifference } from '@assay/analysis/methods/cluster-mean-difference';
import { conformalInterval } from '@assay/analysis/methods/conformal-interval';
import { covariateArm, cuped } from '@assay/analysis/methods/cuped';
import { geoDid } from '@assay/analysis/methods/geo-did';
import { meanDifference } from '@assay/analysis/methods/mean-difference';
import { nonInferiority } from '@assay/analysis/methods/non-inferiority';
import { DIFFERENCE_INTERVALS, proportionDifference } from '@assay/analysis/methods/proportion-difference';
import { proportionInterval } from '@assay/analysis/methods/proportion-interval';
import { quantileDifference, quantileInterval } from '@assay/analysis/methods/quantiles';
import { ratioArm, ratioMetric } from '@assay/analysis/methods/ratio-metric';
import { linearLift, logLift } from '@assay/analysis/methods/relative-lift';
import type { Prng } from '@assay/domain/prng';
import { heavy, type Law, normal, skewed } from './laws.ts';
import { Running } from './running.ts';
import type { Scenario } from './scenario.ts';

const ALPHA = 0.05;
/** What an interval that is only near its level for large samples may miss more; exact ones may not. */
const APPROXIMATE = 0.055;

interface Limits {
  readonly lower: number | null;
  readonly upper: number | null;
}

const misses = ({ lower, upper }: Limits, truth: number): number[] => [
  Number((lower ?? -Infinity) > truth || (upper ?? Infinity) < truth),
];

const draw = (random: Prng, law: Law, n: number): number[] => Array.from({ length: n }, () => law(random, 0));

function arm(random: Prng, law: Law, n: number, shift = 0, scale = 1): Running {
  const running = new Running();
  for (let i = 0; i < n; i++) running.add(shift + scale * law(random, 0));
  return running;
}

const welch =
  (law: Law, sizes: readonly [number, number], scale = 1): Scenario['run'] =>
  (random) =>
    misses(
      meanDifference(arm(random, law, sizes[0]), arm(random, law, sizes[1], 0, scale), { alpha: ALPHA }),
      law === normal ? 0 : (scale - 1) * 1,
    );

function successes(random: Prng, rate: number, n: number): { successes: number; n: number } {
  let count = 0;
  for (let i = 0; i < n; i++) if (random.next() < rate) count += 1;
  return { successes: count, n };
}

function ratios(random: Prng): number[] {
  const side = () => {
    const sessions = Array.from({ length: 400 }, () => 1 + Math.floor(-3 * Math.log1p(-random.next())));
    const clicks = sessions.map((s) => successes(random, 0.1 + 0.4 * random.next(), s).successes);
    return ratioArm(clicks, sessions);
  };
  return misses(ratioMetric(side(), side(), { alpha: ALPHA }), 0);
}

function withCovariate(random: Prng): number[] {
  const side = (effect: number) => {
    const x = draw(random, skewed, 300);
    return covariateArm(
      x.map((before) => effect + 0.8 * before + 0.6 * random.normal()),
      x,
    );
  };
  return misses(cuped(side(0), side(0.1), ALPHA), 0.1);
}

/** 40 clusters of 10 rows; a third of the variance is between clusters. */
function clusters(random: Prng): number[] {
  const rows = { y: [] as number[], treated: [] as number[], cluster: [] as number[] };
  for (let g = 0; g < 40; g++) {
    const shared = 0.7 * random.normal();
    for (let i = 0; i < 10; i++) {
      rows.y.push(shared + random.normal());
      rows.treated.push(g % 2);
      rows.cluster.push(g);
    }
  }
  return misses(clusterMeanDifference(rows, ALPHA), 0);
}

function pairsOfCities(random: Prng): number[] {
  const series = (level: number) => Array.from({ length: 30 }, () => level + random.normal());
  const [control, treatment]: [number[][], number[][]] = [[], []];
  for (let pair = 0; pair < 8; pair++) {
    control.push(series(3 * random.normal()));
    treatment.push(series(3 * random.normal()));
  }
  return misses(geoDid(control, treatment, 20, ALPHA), 0);
}

/** One new value against the radius of 199 old ones. */
function conformal(random: Prng): number[] {
  const pairs = (n: number) => ({ actual: draw(random, heavy, n), predicted: new Array<number>(n).fill(1) });
  return [1 - (conformalInterval(pairs(199), 1 - ALPHA, pairs(1)).coverage ?? 0)];
}

const falselyHarmless = (random: Prng): number[] => [
  Number(
    nonInferiority(arm(random, normal, 100), arm(random, normal, 100, -0.2), {
      margin: 0.2,
      better: 'higher',
      alpha: ALPHA,
    }).nonInferior,
  ),
];

const of = (method: string, id: string, data: string, atMost: number, run: Scenario['run']): Scenario => ({
  ...{ id: `coverage/${method}/${id}`, table: 'coverage', method, data, stated: { atMost }, run },
});

const lift =
  (method: typeof linearLift | typeof logLift): Scenario['run'] =>
  (random) =>
    misses(method(arm(random, skewed, 1000), arm(random, skewed, 1000, 0, 1.1), ALPHA), 0.1);

export const COVERAGE: readonly Scenario[] = [
  of('mean-difference', 'normal', 'normal, 20 and 60 units, sd 1 and 2', ALPHA, welch(normal, [60, 20], 2)),
  of('mean-difference', 'skewed', 'exponential, 300 an arm', APPROXIMATE, welch(skewed, [300, 300], 1.2)),
  of('relative-lift', 'linear', 'exponential, 1,000 an arm, linear', APPROXIMATE, lift(linearLift)),
  of('relative-lift', 'log', 'exponential, 1,000 an arm, log', APPROXIMATE, lift(logLift)),
  of('ratio-metric', 'clicks', 'clicks over sessions, 400 units an arm', APPROXIMATE, ratios),
  of('cuped', 'skewed', 'covariate explains 64 %, 300 an arm', APPROXIMATE, withCovariate),
  ...DIFFERENCE_INTERVALS.map((interval) =>
    of(
      'proportion-difference',
      interval,
      `${interval}, rates 10 and 12 %, 400 an arm`,
      APPROXIMATE,
      (random) =>
        misses(
          proportionDifference(successes(random, 0.1, 400), successes(random, 0.12, 400), {
            alpha: ALPHA,
            interval,
          }),
          0.02,
        ),
    ),
  ),
  of('proportion-interval', 'wilson', 'Wilson, rate 10 %, 300 trials', APPROXIMATE, (random) =>
    misses(proportionInterval(successes(random, 0.1, 300), { alpha: ALPHA }), 0.1),
  ),
  of('proportion-interval', 'exact', 'Clopper-Pearson, rate 3 %, 100 trials', ALPHA, (random) =>
    misses(
      proportionInterval(successes(random, 0.03, 100), { alpha: ALPHA, interval: 'clopper-pearson' }),
      0.03,
    ),
  ),
  of(
    'cluster-mean-difference',
    'clusters',
    '40 clusters of 10, a third of the variance between',
    0.06,
    clusters,
  ),
  of('quantile-difference', 'median', 'medians of log-normals, 400 an arm', 0.06, (random) =>
    misses(quantileDifference(draw(random, heavy, 400), draw(random, heavy, 400), 0.5, ALPHA), 0),
  ),
  of('quantile-interval', 'p90', '90 % quantile of a uniform, 200 values', ALPHA, (random) =>
    misses(
      quantileInterval(
        draw(random, (r) => r.next(), 200),
        0.9,
        ALPHA,
      ),
      0.9,
    ),
  ),
  of(
    'non-inferiority',
    'margin',
    'worse by just the margin, 100 an arm: falsely harmless',
    ALPHA,
    falselyHarmless,
  ),
  of('geo-did', 'pairs', '8 pairs of cities, 20 + 10 days', ALPHA, pairsOfCities),
  of('conformal-interval', 'heavy', '199 log-normal residuals, the next one', ALPHA, conformal),
];
