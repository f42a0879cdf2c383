import { at, sum } from '../numeric/sum.ts';
import { bernoulliCs } from './bernoulli-cs.ts';
import { multinomialLogE, runningP } from './srm-sequential.ts';

/** New events per look, and the exposure they come from. */
export interface Events {
  readonly counts: readonly number[];
  readonly exposure: number;
}

/** Two Poisson rates, conditional on their total (Lindon & Kallus, "Rapid regression detection…", 2024). Some event happened. */
export function eValuePoisson(
  control: Events,
  treatment: Events,
  { concentration = 100, alpha = 0.05 }: { concentration?: number; alpha?: number } = {},
) {
  const share = treatment.exposure / (control.exposure + treatment.exposure);
  let [c, t] = [0, 0];
  const logE = control.counts.map((count, i) => {
    c += count;
    t += at(treatment.counts, i);
    return multinomialLogE([c, t], [1 - share, share], concentration);
  });
  const total = sum(control.counts) + sum(treatment.counts);
  const prior = [concentration * share, concentration * (1 - share)] as const;
  const { lower, upper } = bernoulliCs(t, total, { prior, alpha });
  const ratio = (q: number): number | null =>
    q === 1 ? null : (q / (1 - q)) * (control.exposure / treatment.exposure);
  return { logE, p: runningP(logE), rateRatio: ratio(t / total), lower: ratio(lower), upper: ratio(upper) };
}
