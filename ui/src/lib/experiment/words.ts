import type { ExperimentState } from '@assay/domain/experiment';
import type { VerdictKind } from '@assay/domain/verdict';
import type { Tone } from '../shared/tone.ts';

interface Words {
  readonly label: string;
  readonly tone: Tone;
}

export const VERDICT: Record<VerdictKind, Words & { readonly meaning: string }> = {
  ship: { label: 'Ship', tone: 'good', meaning: 'The candidate is better and every guardrail holds' },
  'roll-back': { label: 'Roll back', tone: 'bad', meaning: 'The candidate does harm' },
  'keep-champion': { label: 'Keep champion', tone: 'neutral', meaning: 'The candidate is not better enough' },
  inconclusive: {
    label: 'Inconclusive',
    tone: 'warn',
    meaning: 'The data do not decide; traffic stays where it was',
  },
  'no-data': {
    label: 'No data',
    tone: 'warn',
    meaning: 'Too little evidence came; traffic stays where it was',
  },
  refused: { label: 'Refused', tone: 'warn', meaning: 'The analysis could not be made honestly' },
};

export function experimentWords(state: ExperimentState): Words {
  switch (state.kind) {
    case 'draft':
      return { label: 'Draft', tone: 'neutral' };
    case 'registered':
      return { label: 'Registered', tone: 'neutral' };
    case 'running':
      return { label: 'Running', tone: 'info' };
    case 'stopped':
      return { label: 'Stopped', tone: 'warn' };
    case 'decided':
      return VERDICT[state.verdict.kind];
  }
}

/** Why it cannot be stopped now; undefined when it can. */
export function stopBlocked(state: ExperimentState): string | undefined {
  if (state.kind === 'running' || state.kind === 'registered') return undefined;
  return state.kind === 'draft' ? 'It has not started' : 'It has stopped already';
}

export const ANALYSIS = {
  ab: 'A/B by unit, always-valid sequence',
  'synthetic-control': 'Synthetic control, placebo interval',
} as const;

export const experimentHref = (id: string): string => `/experiments/${encodeURIComponent(id)}`;
