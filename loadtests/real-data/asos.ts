import type { Arm } from '@assay/analysis/arm';
import { asymptoticCs } from '@assay/analysis/methods/asymptotic-cs';
import { meanDifference } from '@assay/analysis/methods/mean-difference';
import { msprt } from '@assay/analysis/methods/msprt';
import { multiplicity } from '@assay/analysis/methods/multiplicity';
import { groups, rows } from './csv.ts';

const ALPHA = 0.05;
const MIN_UNITS = 100;
/** Units in both arms where the sequence is tightest: chosen on the first half of the experiments (`choose`), reported on the rest. */
export const TUNINGS = [1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7] as const;

interface Look {
  readonly control: Arm;
  readonly treatment: Arm;
}

export interface Series {
  readonly experiment: string;
  readonly metric: string;
  readonly looks: readonly Look[];
}

/** Series with a look of at least 100 users an arm and a variance. */
export function readSeries(): Series[] {
  const all = rows('experiment-asos-ab/snapshots.csv.gz');
  const key = (r: Record<string, string>) => [r.experiment_id, r.variant_id, r.metric_id].join('/');
  return [...groups(all, key).values()]
    .map((group) => ({
      experiment: group[0]?.experiment_id ?? '',
      metric: group[0]?.metric_id ?? '',
      looks: group
        .sort((a, b) => Number(a.time_since_start) - Number(b.time_since_start))
        .filter((r) => r.variance_c !== '' && r.variance_t !== '')
        .map((r) => ({
          control: { n: Number(r.count_c), mean: Number(r.mean_c), variance: Number(r.variance_c) },
          treatment: { n: Number(r.count_t), mean: Number(r.mean_t), variance: Number(r.variance_t) },
        }))
        .filter(
          ({ control: c, treatment: t }) => Math.min(c.n, t.n) >= MIN_UNITS && c.variance + t.variance > 0,
        ),
    }))
    .filter(({ looks }) => looks.length > 0);
}

const welch = ({ control, treatment }: Look): number =>
  meanDifference(control, treatment, { alpha: ALPHA }).p;

const inSequence = ({ control, treatment }: Look, tuning: number): number =>
  asymptoticCs(control, treatment, { alpha: ALPHA, tuning }).p;

/** Mixture with τ = 1 % of the control mean, as the data set's README has it. */
function byMixture({ control, treatment }: Look): number {
  const estimate = treatment.mean - control.mean;
  const variance = control.variance / control.n + treatment.variance / treatment.n;
  const tau = Math.max(1e-9, (0.01 * Math.abs(control.mean)) ** 2);
  return msprt([{ estimate, variance }], tau, ALPHA).p[0] as number;
}

const called = (series: readonly Series[], p: (look: Look) => number): number =>
  series.filter(({ looks }) => looks.some((look) => p(look) < ALPHA)).length;

/** The tuning that calls most of the first half's series. */
export function choose(series: readonly Series[]): number {
  const counts = TUNINGS.map((tuning) => called(series, (look) => inSequence(look, tuning)));
  return TUNINGS[counts.indexOf(Math.max(...counts))] ?? TUNINGS[0];
}

export interface Replay {
  readonly series: number;
  readonly looks: number;
  readonly atTheEnd: number;
  readonly everPeeking: number;
  readonly byMixture: number;
  readonly bySequence: number;
  readonly benjaminiHochberg: number;
  /** Called by the sequence at some look although the end is not significant. */
  readonly onlyBySequence: number;
}

export function replay(series: readonly Series[], tuning: number): Replay {
  const ends = series.map(({ looks }) => welch(looks.at(-1) as Look));
  const sequence = series.map(({ looks }) => looks.some((look) => inSequence(look, tuning) < ALPHA));
  return {
    series: series.length,
    looks: series.reduce((total, { looks }) => total + looks.length, 0),
    atTheEnd: ends.filter((p) => p < ALPHA).length,
    everPeeking: called(series, welch),
    byMixture: called(series, byMixture),
    bySequence: sequence.filter(Boolean).length,
    benjaminiHochberg: multiplicity(ends, { procedure: 'benjamini-hochberg', alpha: ALPHA }).rejected.filter(
      Boolean,
    ).length,
    onlyBySequence: sequence.filter((found, i) => found && (ends[i] as number) >= ALPHA).length,
  };
}

/** Experiments sorted by id: the first half to choose on, the other to report. */
export function halves(series: readonly Series[]): [Series[], Series[]] {
  const ids = [...new Set(series.map(({ experiment }) => experiment))].sort();
  const first = new Set(ids.slice(0, 39));
  return [series.filter((s) => first.has(s.experiment)), series.filter((s) => !first.has(s.experiment))];
}
