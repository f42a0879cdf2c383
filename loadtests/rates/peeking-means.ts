import { asymptoticCs } from '@assay/analysis/methods/asymptotic-cs';
import { cuped } from '@assay/analysis/methods/cuped';
import { msprt } from '@assay/analysis/methods/msprt';
import { asMean } from '@assay/analysis/methods/ratio-metric';
import { MIN_UNITS_PER_ARM, minUnitsForRate } from '@assay/analysis/rollout-guard';
import type { Prng } from '@assay/domain/prng';
import { bernoulli, drifting, fading, heavy, type Law, normal, skewed, sparse, student5 } from './laws.ts';
import { Running, RunningPair } from './running.ts';
import { type Scenario, watch } from './scenario.ts';

const ALPHA = 0.05;
/** Units an arm and look. */
const BATCH = 5;

type Reject = (control: Running, treatment: Running, planned: number) => boolean;

const byCs =
  (relative: boolean): Reject =>
  (control, treatment, planned) =>
    asymptoticCs(control, treatment, { alpha: ALPHA, tuning: planned, relative }).p < ALPHA;

/** τ² = var/n at the planned sample: tightest near the end, as its users set it. */
const byMsprt: Reject = (control, treatment, planned) => {
  const spread = control.variance + treatment.variance;
  const looks = [
    {
      estimate: treatment.mean - control.mean,
      variance: control.variance / control.n + treatment.variance / treatment.n,
    },
  ];
  return (msprt(looks, (4 * spread) / planned, ALPHA).p[0] as number) < ALPHA;
};

interface Means {
  readonly law: Law;
  readonly reject: Reject;
  readonly minUnits?: number;
  /** Treatment's units a look; control gets twice BATCH less these. */
  readonly treated?: number;
}

/** Does the running test ever say that two arms of one law differ? */
function everRejects({ law, reject, minUnits = MIN_UNITS_PER_ARM, treated = BATCH }: Means) {
  return (random: Prng, looks: number): number[] => {
    const [control, treatment] = [new Running(), new Running()];
    const enough = () =>
      Math.min(control.n, treatment.n) >= minUnits && control.variance + treatment.variance > 0;
    return watch(
      looks,
      (look) => {
        for (let i = 0; i < 2 * BATCH; i++)
          (i < treated ? treatment : control).add(law(random, look / looks));
      },
      () => enough() && reject(control, treatment, 2 * BATCH * looks),
    );
  };
}

/** Two values a unit in each arm; the alarm sees both arms once there are enough. */
function everRejectsPairs(
  add: (random: Prng, arm: RunningPair) => void,
  alarm: (control: RunningPair, treatment: RunningPair, planned: number) => boolean,
) {
  return (random: Prng, looks: number): number[] => {
    const [control, treatment] = [new RunningPair(), new RunningPair()];
    return watch(
      looks,
      () => {
        for (let i = 0; i < BATCH; i++) {
          add(random, control);
          add(random, treatment);
        }
      },
      () => control.first.n >= MIN_UNITS_PER_ARM && alarm(control, treatment, 2 * BATCH * looks),
    );
  };
}

/** Clicks over sessions: sessions differ between units, and a unit's clicks hang on its own rate. */
function addSessions(random: Prng, arm: RunningPair): void {
  const sessions = 1 + Math.floor(-3 * Math.log1p(-random.next()));
  const rate = 0.1 + 0.4 * random.next();
  let clicks = 0;
  for (let s = 0; s < sessions; s++) if (random.next() < rate) clicks += 1;
  arm.add(clicks, sessions);
}

function addWithCovariate(random: Prng, arm: RunningPair): void {
  const before = skewed(random, 0);
  arm.add(0.8 * before + 0.6 * random.normal(), before);
}

const ratios = everRejectsPairs(
  addSessions,
  (a, b, tuning) => asymptoticCs(asMean(a.ratio), asMean(b.ratio), { alpha: ALPHA, tuning }).p < ALPHA,
);

/** CUPED's adjusted difference under the sequence: θ is estimated again at each look. */
const adjusted = everRejectsPairs(addWithCovariate, (a, b, tuning) => {
  const { effect, se } = cuped(a.adjusted, b.adjusted);
  const n = a.first.n;
  const half = { n, variance: (n * se * se) / 2 };
  return asymptoticCs({ ...half, mean: 0 }, { ...half, mean: effect }, { alpha: ALPHA, tuning }).p < ALPHA;
});

const of = (method: string, id: string, data: string, run: Scenario['run']): Scenario => ({
  ...{ id: `peeking/${method}/${id}`, table: 'peeking', method, data, stated: { atMost: ALPHA }, run },
});

const absolute = byCs(false);
const oneInHundred = { law: bernoulli(0.02), minUnits: minUnitsForRate(0.02) };

export const PEEKING_MEANS: readonly Scenario[] = [
  of('asymptotic-cs', 'normal', 'normal', everRejects({ law: normal, reject: absolute })),
  of('asymptotic-cs', 'skewed', 'exponential', everRejects({ law: skewed, reject: absolute })),
  of('asymptotic-cs', 'heavy', 'log-normal, σ = 1', everRejects({ law: heavy, reject: absolute })),
  of('asymptotic-cs', 't5', 'Student t, 5 df', everRejects({ law: student5, reject: absolute })),
  of(
    'asymptotic-cs',
    'heavy-split',
    'log-normal, treatment 20 % of the units',
    everRejects({ law: heavy, reject: absolute, treated: 2 }),
  ),
  of(
    'asymptotic-cs',
    'sparse',
    'revenue, 5 % buy, from 400 units an arm',
    everRejects({ law: sparse, reject: absolute, minUnits: minUnitsForRate(0.05) }),
  ),
  of(
    'asymptotic-cs',
    'rare',
    'rate 2 %, from 1,000 units an arm',
    everRejects({ ...oneInHundred, reject: absolute }),
  ),
  of(
    'asymptotic-cs',
    'drifting',
    'trend and weekly wave in both arms',
    everRejects({ law: drifting, reject: absolute }),
  ),
  of(
    'asymptotic-cs',
    'fading',
    'rate falls from 15 to 5 %',
    everRejects({ law: fading(0.1), reject: absolute }),
  ),
  of(
    'asymptotic-cs',
    'lift',
    'lift of an exponential mean',
    everRejects({ law: skewed, reject: byCs(true) }),
  ),
  of(
    'asymptotic-cs',
    'lift-heavy',
    'lift of a log-normal mean',
    everRejects({ law: heavy, reject: byCs(true) }),
  ),
  of('asymptotic-cs', 'ratio', 'ratio metric by delta method, clustered clicks', ratios),
  of('asymptotic-cs', 'cuped', 'CUPED at every look', adjusted),
  of('msprt', 'normal', 'normal, variance estimated', everRejects({ law: normal, reject: byMsprt })),
  of('msprt', 'heavy', 'log-normal, variance estimated', everRejects({ law: heavy, reject: byMsprt })),
  of(
    'msprt',
    'drifting',
    'trend and weekly wave in both arms',
    everRejects({ law: drifting, reject: byMsprt }),
  ),
];
