import { ABORT, type AbortInput, APPROVE, type ApproveInput, WHY } from '@assay/contract/release';
import type { ApprovalPoint } from '@assay/domain/autonomy';
import { AssayError } from '@assay/domain/errors';
import { assertFourEyes, assertMay, ROLES, type Role } from '@assay/domain/roles';
import { defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { refusing } from './failures.ts';

export const approveUpdate = defineUpdate<void, [ApproveInput]>(APPROVE);
export const abortSignal = defineSignal<[AbortInput]>(ABORT);
export const whyQuery = defineQuery<string>(WHY);

/** Where people reach a running release: what it waits for, who said yes, who said stop. */
export interface Desk {
  why: string;
  awaiting: ApprovalPoint | undefined;
  /** Who made the version: they cannot approve it. */
  author: string | undefined;
  approval: ApproveInput | undefined;
  abort: AbortInput | undefined;
}

function assertMayApprove(desk: Desk, what: string, input: ApproveInput): void {
  const { subject, role, point } = input;
  if (desk.awaiting !== point)
    throw new AssayError(
      'TRANSITION_REFUSED',
      `Cannot approve "${point}" of ${what}: it ${desk.awaiting === undefined ? 'waits for no approval' : `waits for approval of "${desk.awaiting}"`}`,
    );
  if (desk.approval !== undefined)
    throw new AssayError('TRANSITION_REFUSED', `Cannot approve "${point}" of ${what} twice`);
  if (!(ROLES as readonly string[]).includes(role))
    throw new AssayError('PERMISSION_DENIED', `Cannot approve ${what}: "${role}" is no role`);
  assertMay({ subject, role: role as Role }, 'release.approve');
  if (desk.author === undefined)
    throw new AssayError('APPROVAL_REFUSED', `Cannot approve ${what}: nobody knows who made it`);
  assertFourEyes({ subject, role: role as Role }, [desk.author], what);
}

/** `onAbort` runs once, at the first abort; later ones change nothing. */
export function openDesk(what: string, onAbort: () => void): Desk {
  const desk: Desk = {
    why: 'starting',
    awaiting: undefined,
    author: undefined,
    approval: undefined,
    abort: undefined,
  };
  setHandler(whyQuery, () => desk.why);
  setHandler(
    approveUpdate,
    (input) => {
      desk.approval = input;
      desk.why = `${input.point} was approved by ${input.subject}`;
    },
    { validator: (input) => refusing(() => assertMayApprove(desk, what, input)) },
  );
  setHandler(abortSignal, (input) => {
    if (desk.abort !== undefined) return;
    desk.abort = input;
    onAbort();
  });
  return desk;
}
