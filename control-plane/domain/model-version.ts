import { AssayError } from './errors.ts';

export const STAGES = [
  'registered',
  'validated',
  'shadow',
  'canary',
  'champion',
  'retired',
  'rejected',
  'rolled-back',
] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Where a version may go next. `validated → champion` is only for an endpoint that has no champion yet: there is nothing
 * to compare with. `rolled-back → registered` is a person's release from quarantine, by name.
 */
const NEXT: Readonly<Record<Stage, readonly Stage[]>> = {
  registered: ['validated', 'rejected'],
  validated: ['shadow', 'champion', 'rejected'],
  shadow: ['canary', 'rejected'],
  canary: ['champion', 'rejected', 'rolled-back'],
  champion: ['retired', 'rolled-back'],
  retired: ['champion'],
  rejected: [],
  'rolled-back': ['registered'],
};

export interface VersionRef {
  readonly model: string;
  readonly version: string;
}

export const nameOf = (v: VersionRef): string => `${v.model}/${v.version}`;

/** Throws TRANSITION_REFUSED (or QUARANTINED) for a step that the state machine does not have. */
export function assertStep(ref: VersionRef, from: Stage, to: Stage, by: 'person' | 'automation'): void {
  if (from === to) return;
  if (from === 'rolled-back' && by !== 'person') {
    throw new AssayError(
      'QUARANTINED',
      `Cannot move ${nameOf(ref)} to "${to}": it was rolled back and is quarantined`,
    );
  }
  if (!NEXT[from].includes(to)) {
    const allowed = NEXT[from].length === 0 ? 'nothing' : NEXT[from].join(', ');
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot move ${nameOf(ref)} from "${from}" to "${to}": from there it may become ${allowed}`,
    );
  }
}
