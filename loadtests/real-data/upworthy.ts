import { SRM_LEVEL } from '@assay/analysis/ab-verdict';
import { chiSquareTest } from '@assay/analysis/methods/chi-square';
import { multiplicity } from '@assay/analysis/methods/multiplicity';
import { type Prior, priorOf, shrink } from '@assay/analysis/methods/shrinkage';
import { srm } from '@assay/analysis/methods/srm';
import { type Prng, prng } from '@assay/domain/prng';
import { groups, rows } from './csv.ts';

interface Count {
  readonly impressions: number;
  readonly clicks: number;
}

export interface HeadlineTest {
  readonly week: number;
  readonly arms: readonly Count[];
}

export function readTests(): HeadlineTest[] {
  return [...groups(rows('experiment-upworthy-ab/arms.csv.gz'), (r) => r.test_id ?? '').values()].map(
    (group) => ({
      week: Number(group[0]?.iso_week),
      arms: group.map((r) => ({ impressions: Number(r.impressions), clicks: Number(r.clicks) })),
    }),
  );
}

/** The authors' correction of 2024: probably not randomised. */
const inBrokenWindow = ({ week }: HeadlineTest): boolean => week >= 201326 && week <= 201402;

/** Refused by the engine's own sample-ratio check against an even split. */
export const splitFails = ({ arms }: HeadlineTest): boolean =>
  srm(
    arms.map((a) => a.impressions),
    arms.map(() => 1 / arms.length),
  ).p < SRM_LEVEL;

const armsDiffer = ({ arms }: HeadlineTest): number => {
  const clicks = arms.map((a) => a.clicks);
  return clicks.some((c) => c > 0)
    ? chiSquareTest(
        clicks,
        arms.map((a) => a.impressions - a.clicks),
      ).p
    : 1;
};

export function splitChecks(tests: readonly HeadlineTest[]) {
  const share = (of: readonly HeadlineTest[]): number => of.filter(splitFails).length / of.length;
  const inside = tests.filter(inBrokenWindow);
  const p = tests.map(armsDiffer);
  const after = (procedure: 'benjamini-hochberg' | 'bonferroni'): number =>
    multiplicity(p, { procedure, alpha: 0.05 }).rejected.filter(Boolean).length / tests.length;
  return {
    tests: tests.length,
    inWindow: inside.length,
    failInWindow: share(inside),
    failOutside: share(tests.filter((test) => !inBrokenWindow(test))),
    armsDiffer: p.filter((x) => x < 0.05).length / tests.length,
    afterBenjaminiHochberg: after('benjamini-hochberg'),
    afterBonferroni: after('bonferroni'),
  };
}

/** Half of an arm's impressions, drawn without replacement: what is left is as good as a fresh experiment. */
function split(random: Prng, { impressions, clicks }: Count): [Count, Count] {
  const half = impressions >> 1;
  let [places, left, drawn] = [half, impressions, 0];
  for (let i = 0; i < clicks; i++) {
    if (random.next() * left < places) {
      drawn += 1;
      places -= 1;
    }
    left -= 1;
  }
  return [
    { impressions: half, clicks: drawn },
    { impressions: impressions - half, clicks: clicks - drawn },
  ];
}

/** ln of each arm's click rate less the test's, and its variance by the delta method (half a click added: an arm may have none). */
function deviations(arms: readonly Count[]): { effect: number[]; variance: number[] } {
  const logs = arms.map((a) => Math.log((a.clicks + 0.5) / (a.impressions + 0.5)));
  const centre = logs.reduce((x, y) => x + y, 0) / logs.length;
  return { effect: logs.map((x) => x - centre), variance: arms.map((a) => 1 / (a.clicks + 0.5)) };
}

interface Winner {
  readonly naive: number;
  readonly shrunk: number;
  readonly fresh: number;
}

/** The arm that looks best in the first half: its lead over the test's mean there, shrunk, and in the half it was not chosen by. */
function winner([first, second]: readonly [readonly Count[], readonly Count[]], prior: Prior): Winner {
  const { effect, variance } = deviations(first);
  const best = effect.indexOf(Math.max(...effect));
  const naive = effect[best] as number;
  return {
    naive,
    shrunk: shrink(naive, variance[best] as number, prior).effect,
    fresh: deviations(second).effect[best] as number,
  };
}

const MIN_CLICKS = 10;

/** Prior from the tests up to 2014 week 20, winners of the later ones; broken splits and tiny arms left out of both. */
export function winnersCurse(tests: readonly HeadlineTest[], seed: number) {
  const random = prng(`upworthy/${seed}`);
  const usable = tests.filter(
    (test) => !inBrokenWindow(test) && !splitFails(test) && test.arms.every((a) => a.clicks >= MIN_CLICKS),
  );
  const halved = usable.map(({ week, arms }) => {
    const pairs = arms.map((arm) => split(random, arm));
    return { week, halves: [pairs.map(([a]) => a), pairs.map(([, b]) => b)] as [Count[], Count[]] };
  });
  const design = halved.filter(({ week }) => week <= 201420).map(({ halves: [first] }) => deviations(first));
  const prior = priorOf(
    design.flatMap((d) => d.effect),
    design.flatMap((d) => d.variance),
  );
  const winners = halved.filter(({ week }) => week > 201420).map(({ halves }) => winner(halves, prior));
  const mean = (of: (w: Winner) => number): number =>
    winners.reduce((total, w) => total + of(w), 0) / winners.length;
  const gap = winners.map((w) => w.shrunk - w.fresh);
  const gapMean = mean((w) => w.shrunk - w.fresh);
  const gapError = Math.sqrt(gap.reduce((t, x) => t + (x - gapMean) ** 2, 0)) / winners.length;
  return {
    winners: winners.length,
    priorSd: Math.sqrt(prior.variance),
    naive: mean((w) => w.naive),
    shrunk: mean((w) => w.shrunk),
    fresh: mean((w) => w.fresh),
    gapError,
  };
}
