import { join } from 'node:path';
import type { Family } from '@assay/domain/families/family';
import type { ServedVersion } from '@assay/domain/route-plan';
import type { Evaluated, validationActivities } from './validation.ts';

export interface EvaluateVersionInput {
  readonly family: Family;
  readonly candidate: ServedVersion;
  readonly champion: ServedVersion | null;
  /** Relative to the state folder. */
  readonly snapshotDir: string;
}

export interface VersionEvaluationDeps {
  readonly artifactsDir: string;
  readonly validation: ReturnType<typeof validationActivities>;
}

/** Evaluates the very files that servers load, not those that a training left. */
export const versionEvaluation = ({ artifactsDir, validation }: VersionEvaluationDeps) => ({
  evaluateVersion({ family, candidate, champion, snapshotDir }: EvaluateVersionInput): Promise<Evaluated> {
    return validation.evaluate({
      family,
      modelFile: join(artifactsDir, candidate.path),
      championFile: champion === null ? null : join(artifactsDir, champion.path),
      snapshotDir,
    });
  },
});

export type VersionEvaluation = ReturnType<typeof versionEvaluation>;
