import type { ApprovalPoint } from '@assay/domain/autonomy';
import type { ProfileName } from '@assay/domain/delivery-profile';
import type { Family } from '@assay/domain/families/family';
import type { EndKind, Gate } from '@assay/domain/release';
import type { Effect } from '@assay/domain/verdict';

export const TASK_QUEUES = { control: 'control', training: 'training', analysis: 'analysis' } as const;

export interface ReleaseInput {
  readonly model: string;
  readonly version: string;
  readonly endpoint: string;
  readonly family: Family;
  readonly profile: ProfileName;
  readonly requestedBy: string;
  /** Folder of the snapshot whose hold-out rows judge the version, relative to the state folder. */
  readonly snapshotDir: string;
}

export interface ReleaseResult {
  readonly id: string;
  readonly end: EndKind;
  readonly gate: Gate;
  readonly reason: string;
  readonly effect: Effect | null;
}

export const releaseWorkflow = {
  name: 'release',
  id: (i: { model: string; version: string }): string => `release/${i.model}/${i.version}`,
} as const;

/** Workflow update: a person's approval of one point. The caller has checked role and four eyes; the workflow checks them again. */
export const APPROVE = 'approve';
export interface ApproveInput {
  readonly point: ApprovalPoint;
  readonly subject: string;
  readonly role: string;
  readonly comment: string;
}

/** Signal: end it now. Safe at any time, twice too. */
export const ABORT = 'abort';
export interface AbortInput {
  readonly subject: string;
  readonly reason: string;
}

/** Query on every workflow: one sentence that says what it waits for. */
export const WHY = 'why';
