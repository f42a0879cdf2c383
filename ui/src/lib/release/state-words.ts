import type { Release, ReleaseState } from '@assay/domain/release';
import { formatPercent } from '../shared/format.ts';
import type { Tone } from '../shared/tone.ts';

interface StateWords {
  readonly label: string;
  readonly tone: Tone;
  /** One sentence without times: what is going on, or how it ended. */
  readonly sentence: string;
}

const POINT_WORDS = {
  shadow: 'send it copies of traffic',
  canary: 'serve it to customers',
  experiment: 'start the experiment',
  ship: 'make it champion',
} as const;

/** `isSuperseded`: it became champion, and a later version has taken over since. */
export function stateWords(state: ReleaseState, isSuperseded = false): StateWords {
  switch (state.kind) {
    case 'requested':
      return { label: 'Requested', tone: 'info', sentence: 'Waiting for its workflow to start' };
    case 'validating':
      return {
        label: 'Validating',
        tone: 'info',
        sentence: 'Being held against the champion on held-out rows',
      };
    case 'waiting-for-approval':
      return {
        label: 'Needs approval',
        tone: 'warn',
        sentence: `Waiting for a person who allows to ${POINT_WORDS[state.point]}`,
      };
    case 'shadowing':
      return {
        label: 'Shadow',
        tone: 'info',
        sentence: 'Answers copies of the traffic; customers see the champion',
      };
    case 'canary':
      return {
        label: `Canary ${formatPercent(state.weight)}`,
        tone: 'info',
        sentence: `Step ${state.step + 1}: serves ${formatPercent(state.weight)} of units under guardrails`,
      };
    case 'experimenting':
      return {
        label: 'Experiment',
        tone: 'info',
        sentence: `Measured against the champion in "${state.experiment}"`,
      };
    case 'champion':
      return {
        label: isSuperseded ? 'Was champion' : 'Champion',
        tone: isSuperseded ? 'neutral' : 'good',
        sentence:
          (state.gate === 'validation'
            ? 'Became the first champion: there was none to compare it with'
            : `Became champion at the ${state.gate} gate`) +
          (isSuperseded ? '; a later version has taken over' : ''),
      };
    case 'rejected':
      return { label: 'Rejected', tone: 'bad', sentence: state.reason };
    case 'rolled-back':
      return { label: 'Rolled back', tone: 'bad', sentence: state.reason };
    case 'aborted':
      return { label: 'Aborted', tone: 'neutral', sentence: `${state.by} aborted it: ${state.reason}` };
  }
}

export const releaseHref = (r: { model: string; version: string }): string =>
  `/releases/${encodeURIComponent(r.model)}/${encodeURIComponent(r.version)}`;

export const sinceMsOf = (release: Release): number =>
  'sinceMs' in release.state ? release.state.sinceMs : release.requestedAtMs;
