import type { ProfileName } from '@assay/domain/delivery-profile';
import type { Family } from '@assay/domain/families/family';

export interface MonitorInput {
  readonly endpoint: string;
  readonly family: Family;
  readonly model: string;
  readonly profile: ProfileName;
  /** Recipe that a retraining uses. */
  readonly recipe: string;
  readonly seed: number;
}

export const monitorWorkflow = {
  name: 'monitor',
  id: (endpoint: string): string => `monitor/${endpoint}`,
} as const;
