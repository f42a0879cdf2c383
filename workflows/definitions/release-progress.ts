import type { ReleaseInput, ReleaseResult } from '@assay/contract/release';
import type { ApprovalPoint } from '@assay/domain/autonomy';
import type { Gate } from '@assay/domain/release';
import type { ReleaseSubject } from '@assay/domain/release-steps';
import type { ServedVersion } from '@assay/domain/route-plan';
import type { Effect } from '@assay/domain/verdict';
import type { Desk } from './desk.ts';

/** Where a release is; together with its input all that a continued run needs. */
export type Phase =
  | { readonly kind: 'opening' }
  | { readonly kind: 'validating' }
  | { readonly kind: 'approval'; readonly point: ApprovalPoint; readonly asked: boolean }
  | { readonly kind: 'shadowing' }
  | { readonly kind: 'canary'; readonly step: number; readonly sinceMs: number }
  | { readonly kind: 'experimenting' }
  | { readonly kind: 'shipping' }
  | { readonly kind: 'ended'; readonly result: ReleaseResult };

export interface ReleaseProgress {
  phase: Phase;
  /** The candidate as servers load it; known once it was looked up. */
  served: ServedVersion | null;
  champion: ServedVersion | null;
  author: string | null;
  owner: string;
  /** Which traffic the candidate gets, so that guardrails run in waiting states too. */
  live: 'none' | 'shadow' | 'canary' | 'experiment';
  liveSinceMs: number;
  /** Of the canary; absent in the progress of a release that began before it was kept. */
  weight?: number;
  /** Looks so far: each has a number of its own, so that each is a transition of its own. */
  looks: number;
  effect: Effect | null;
}

export interface ReleaseRun {
  readonly input: ReleaseInput;
  readonly subject: ReleaseSubject;
  readonly desk: Desk;
  readonly progress: ReleaseProgress;
}

export const begin = (): ReleaseProgress => ({
  phase: { kind: 'opening' },
  served: null,
  champion: null,
  author: null,
  owner: '',
  live: 'none',
  liveSinceMs: 0,
  looks: 0,
  effect: null,
});

/** Gate of which a failure in this phase is the end. */
export function gateOf(phase: Phase): Gate {
  switch (phase.kind) {
    case 'opening':
    case 'validating':
      return 'validation';
    case 'approval':
      return phase.point;
    case 'shadowing':
      return 'shadow';
    case 'canary':
      return 'canary';
    case 'experimenting':
      return 'experiment';
    case 'shipping':
    case 'ended':
      return 'ship';
  }
}

/** Of a soak, for people. */
export const minutesLeft = (ms: number): string => {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds <= 0) return 'soaked, the next look decides';
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`;
};
