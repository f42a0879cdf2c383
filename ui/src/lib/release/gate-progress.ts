import { GATES, type Gate, type ReleaseState } from '@assay/domain/release';
import { formatPercent } from '../shared/format.ts';

export type GateStatus = 'passed' | 'active' | 'waiting' | 'failed' | 'skipped' | 'ahead' | 'not-reached';

export interface GateStep {
  readonly gate: Gate;
  readonly status: GateStatus;
  readonly detail: string;
}

/** The gate that an audit event belongs to; null for one that belongs to none. */
export function gateOfEvent(event: string): Gate | null {
  if (/valid/.test(event)) return 'validation';
  if (/shadow/.test(event)) return 'shadow';
  if (/canary|guardrail/.test(event)) return 'canary';
  if (/experiment|verdict/.test(event)) return 'experiment';
  if (/ship|promot|champion/.test(event)) return 'ship';
  return null;
}

const WORDS: Record<GateStatus, string> = {
  passed: 'Passed',
  active: 'Now',
  waiting: 'Needs approval',
  failed: 'Stopped here',
  skipped: 'Not needed',
  ahead: 'Ahead',
  'not-reached': 'Not reached',
};

/** Where a release stands among its five gates; `events` are those of its record, oldest first. */
export function gateProgress(state: ReleaseState, events: readonly string[]): readonly GateStep[] {
  const seen = new Set(events.map(gateOfEvent).filter((g) => g !== null));
  const at = GATES.indexOf(currentGate(state, events));
  return GATES.map((gate, i) => {
    const status = i === at ? statusHere(state) : i < at ? passedOrSkipped(seen, gate) : statusAfter(state);
    return { gate, status, detail: i === at ? (detailHere(state) ?? WORDS[status]) : WORDS[status] };
  });
}

function currentGate(state: ReleaseState, events: readonly string[]): Gate {
  switch (state.kind) {
    case 'requested':
    case 'validating':
      return 'validation';
    case 'waiting-for-approval':
      return state.point;
    case 'shadowing':
      return 'shadow';
    case 'canary':
      return 'canary';
    case 'experimenting':
      return 'experiment';
    case 'champion':
      return 'ship';
    case 'rejected':
    case 'rolled-back':
      return state.gate;
    case 'aborted':
      return events.map(gateOfEvent).findLast((g) => g !== null) ?? 'validation';
  }
}

/** An empty record says nothing, so nothing is called skipped. */
const passedOrSkipped = (seen: ReadonlySet<Gate>, gate: Gate): GateStatus =>
  seen.size === 0 || seen.has(gate) ? 'passed' : 'skipped';

function statusHere(state: ReleaseState): GateStatus {
  if (state.kind === 'champion') return 'passed';
  if (state.kind === 'waiting-for-approval') return 'waiting';
  return statusAfter(state) === 'not-reached' ? 'failed' : 'active';
}

const statusAfter = (state: ReleaseState): GateStatus =>
  state.kind === 'rejected' || state.kind === 'rolled-back' || state.kind === 'aborted'
    ? 'not-reached'
    : 'ahead';

function detailHere(state: ReleaseState): string | undefined {
  if (state.kind === 'canary') return `Step ${state.step + 1} at ${formatPercent(state.weight)}`;
  if (state.kind === 'rejected') return 'Rejected here';
  if (state.kind === 'rolled-back') return 'Rolled back here';
  if (state.kind === 'aborted') return 'Aborted here';
  return undefined;
}
