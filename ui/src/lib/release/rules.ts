import { hasEnded, type ReleaseState } from '@assay/domain/release';

/** Why nobody can abort it now; undefined when one can. The server checks who may. */
export const abortBlocked = (state: ReleaseState): string | undefined =>
  hasEnded(state) ? 'It has ended; there is nothing left to abort' : undefined;

/** Why there is nothing to approve now. */
export function approveBlocked(state: ReleaseState): string | undefined {
  if (hasEnded(state)) return 'It has ended; no approval is open';
  return state.kind === 'waiting-for-approval' ? undefined : 'No approval is open at this gate';
}

const NOW_SEEN = {
  requested: 'No customer has seen it.',
  validating: 'No customer has seen it.',
  'waiting-for-approval': 'It keeps whatever traffic it has until then.',
  shadowing: 'Customers have only seen the champion.',
  canary: 'The units it serves now go back to the champion.',
  experimenting: 'Its experiment ends, and its units go back to the champion.',
} as const;

/** What aborting does, for the dialog that asks. */
export function abortConsequence(name: string, state: ReleaseState): string {
  const seen = state.kind in NOW_SEEN ? ` ${NOW_SEEN[state.kind as keyof typeof NOW_SEEN]}` : '';
  return `${name} leaves every place where it takes part within seconds, and the champion answers alone.${seen} This cannot be undone; a new release would start from validation.`;
}

const POINT_CONSEQUENCE = {
  shadow: 'It will answer copies of the live traffic. Customers keep getting the champion’s answers.',
  canary: 'It will answer a first, small share of customers. Guardrails roll it back by themselves.',
  experiment: 'Half of the experiment’s layer will get its answers until the experiment is decided.',
  ship: 'It will answer all customers as the new champion. The former champion stays answerable by pin.',
} as const;

export const approveConsequence = (point: keyof typeof POINT_CONSEQUENCE): string => POINT_CONSEQUENCE[point];
