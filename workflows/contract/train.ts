import type { Family } from '@assay/domain/families/family';

export interface TrainInput {
  /** Names the training: the same id twice is one training. */
  readonly id: string;
  readonly family: Family;
  readonly model: string;
  readonly recipe: string;
  readonly seed: number;
  /** Where the rows come from: the sample world's real data, or labelled evidence of an endpoint. */
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

export interface TrainResult {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly snapshotDir: string;
  readonly quality: number;
}

export const trainWorkflow = {
  name: 'train',
  id: (trainingId: string): string => `train/${trainingId}`,
} as const;
