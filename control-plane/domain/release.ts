import type { ApprovalPoint } from './autonomy.ts';
import { AssayError } from './errors.ts';
import type { Effect } from './verdict.ts';

/** The gates of a release, in order; each end names the gate at which it was reached. */
export const GATES = ['validation', 'shadow', 'canary', 'experiment', 'ship'] as const;
export type Gate = (typeof GATES)[number];

export type ReleaseState =
  | { readonly kind: 'requested' }
  | { readonly kind: 'validating' }
  | { readonly kind: 'waiting-for-approval'; readonly point: ApprovalPoint }
  | { readonly kind: 'shadowing'; readonly sinceMs: number }
  | { readonly kind: 'canary'; readonly step: number; readonly weight: number; readonly sinceMs: number }
  | { readonly kind: 'experimenting'; readonly experiment: string; readonly sinceMs: number }
  | { readonly kind: 'champion'; readonly gate: Gate; readonly effect: Effect | null }
  | {
      readonly kind: 'rejected';
      readonly gate: Gate;
      readonly reason: string;
      readonly effect: Effect | null;
    }
  | {
      readonly kind: 'rolled-back';
      readonly gate: Gate;
      readonly reason: string;
      readonly effect: Effect | null;
    }
  | { readonly kind: 'aborted'; readonly by: string; readonly reason: string };

export type EndKind = 'champion' | 'rejected' | 'rolled-back' | 'aborted';

export const hasEnded = (state: ReleaseState): boolean =>
  state.kind === 'champion' ||
  state.kind === 'rejected' ||
  state.kind === 'rolled-back' ||
  state.kind === 'aborted';

/** Where a release stands, in a few words. */
export function standing(s: ReleaseState): string {
  switch (s.kind) {
    case 'waiting-for-approval':
      return `waiting for approval of ${s.point}`;
    case 'canary':
      return `canary at ${Math.round(s.weight * 100)} %`;
    case 'experimenting':
      return `experiment ${s.experiment}`;
    case 'champion':
      return `champion (decided at ${s.gate})`;
    case 'rejected':
    case 'rolled-back':
      return `${s.kind} at ${s.gate}: ${s.reason}`;
    case 'aborted':
      return `aborted by ${s.by}: ${s.reason}`;
    default:
      return s.kind;
  }
}

export const releaseId = (model: string, version: string): string => `release/${model}/${version}`;

/** An ended release stays ended, whoever asks. Throws TRANSITION_REFUSED. */
export function assertOpen(id: string, state: ReleaseState): void {
  if (hasEnded(state))
    throw new AssayError('TRANSITION_REFUSED', `Cannot change ${id}: it ended as "${state.kind}"`);
}

/** A release as it is stored and shown. */
export interface Release {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly endpoint: string;
  readonly family: string;
  readonly profile: string;
  readonly requestedBy: string;
  readonly requestedAtMs: number;
  readonly state: ReleaseState;
}
