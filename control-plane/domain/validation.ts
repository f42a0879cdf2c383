import type { FamilySpec } from './families/family.ts';
import type { Compared } from './quality/compared.ts';

/** What Assay measured itself on the snapshot's hold-out rows; metrics.json of the training is not among it. */
export interface ValidationFacts {
  readonly metric: string;
  readonly better: 'higher' | 'lower';
  readonly candidate: Compared;
  /** The champion on the same rows; null where there is none. */
  readonly champion: Compared | null;
  readonly snapshot: string;
  readonly labelOrigin: 'real' | 'simulator' | 'evidence';
}

export type ValidationVerdict =
  | { readonly kind: 'pass'; readonly reasons: readonly string[] }
  | { readonly kind: 'fail'; readonly reasons: readonly string[] };

/** One-sided 5 %: a model that is no better than naive gets through once in twenty hold-outs at most. */
const CHANCE = 1.645;
/** Share of the champion's lead over naive that a candidate may lose here; whether customers gain is the experiment's question. */
export const LARGEST_LOSS = 0.6;

const show = (x: number): string => x.toFixed(4);

/** How much better than naive, in the metric's unit; positive is better. */
const lead = (c: Compared, better: 'higher' | 'lower'): number =>
  better === 'higher' ? c.value - c.naive : c.naive - c.value;

/** Passes only what beats naive by more than chance and keeps at least 40 % of the champion's lead; each reason has its numbers. */
export function judgeValidation(facts: ValidationFacts): ValidationVerdict {
  const { metric, better, candidate, champion } = facts;
  const gained = lead(candidate, better);
  const needed = CHANCE * candidate.standardError;
  const naive = `naive ${show(candidate.naive)} (${candidate.naiveWhat}) on ${candidate.rows} held-out rows`;
  if (!Number.isFinite(gained) || !Number.isFinite(needed))
    return { kind: 'fail', reasons: [`${metric} ${candidate.value} against ${naive} cannot be judged`] };
  const reasons: string[] = [];
  const beats = `${metric} ${show(candidate.value)}, ${better} is better, against ${naive}`;
  const failed = gained <= needed;
  reasons.push(
    failed
      ? `${beats}: a lead of ${show(gained)} is not more than chance explains (${show(needed)})`
      : `${beats}: leads by ${show(gained)}, chance explains ${show(needed)}`,
  );
  if (champion === null) return { kind: failed ? 'fail' : 'pass', reasons };
  const least = (1 - LARGEST_LOSS) * lead(champion, better);
  if (!Number.isFinite(least))
    return { kind: 'fail', reasons: [...reasons, `champion ${champion.value} cannot be judged`] };
  const lost = gained < least;
  reasons.push(
    `champion ${show(champion.value)} on the same rows: a lead over naive of at least ${show(least)} is asked${lost ? ` and ${show(gained)} is less` : ''}`,
  );
  return { kind: failed || lost ? 'fail' : 'pass', reasons };
}

export const factsOf = (
  spec: FamilySpec,
  candidate: Compared,
  champion: Compared | null,
  origin: { readonly digest: string; readonly label_origin: ValidationFacts['labelOrigin'] },
): ValidationFacts => ({
  metric: spec.quality.name,
  better: spec.quality.better,
  candidate,
  champion,
  snapshot: origin.digest,
  labelOrigin: origin.label_origin,
});
