import type { ApprovalPoint } from '../autonomy.ts';
import type { ProfileName } from '../delivery-profile.ts';
import type { ExperimentPlan } from '../experiment.ts';
import type { Family } from '../families/family.ts';

export interface ReleaseRequest {
  readonly model: string;
  readonly version: string;
  readonly endpoint: string;
  readonly family: Family;
  readonly profile: ProfileName;
  readonly requestedBy: string;
  readonly snapshotDir: string;
}

export interface TrainingRequest {
  readonly id: string;
  readonly family: Family;
  readonly model: string;
  readonly recipe: string;
  readonly seed: number;
  readonly source:
    | { readonly kind: 'sample' }
    | {
        readonly kind: 'evidence';
        readonly endpoint: string;
        readonly sinceMs: number;
        readonly lastRows: number;
      };
  readonly requestedBy: string;
}

export interface MonitorRequest {
  readonly endpoint: string;
  readonly family: Family;
  readonly model: string;
  readonly profile: ProfileName;
  readonly recipe: string;
  readonly seed: number;
}

export interface TrainingStatus {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  /** What the training workflow answered. */
  readonly result: unknown;
  readonly error: string | null;
}

/** Long-running work, by domain id: starting what runs already is harmless. Throws UNREACHABLE, never waits for ever. */
export interface Workflows {
  startRelease(request: ReleaseRequest): Promise<void>;
  startExperiment(request: { plan: ExperimentPlan; release: string | null }): Promise<void>;
  startTraining(request: TrainingRequest): Promise<void>;
  /** Throws NOT_FOUND. */
  training(id: string): Promise<TrainingStatus>;
  startMonitor(request: MonitorRequest): Promise<void>;
  stopMonitor(endpoint: string, by: { subject: string; reason: string }): Promise<void>;
  /** Throws what the workflow refused with. */
  approve(
    release: string,
    input: { point: ApprovalPoint; subject: string; role: string; comment: string },
  ): Promise<void>;
  abort(release: string, by: { subject: string; reason: string }): Promise<void>;
  stopExperiment(id: string, by: { subject: string; reason: string }): Promise<void>;
  /** What a workflow waits for, in a sentence; null when it has ended or cannot be asked now. */
  why(workflowId: string): Promise<string | null>;
}
