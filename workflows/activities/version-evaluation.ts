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
  /** The file with a version's bytes on this machine, fetched where it is not there yet. */
  readonly fileOf: (version: ServedVersion) => Promise<string>;
  readonly validation: ReturnType<typeof validationActivities>;
}

/** Evaluates the very files that servers load, not those that a training left. */
export const versionEvaluation = ({ fileOf, validation }: VersionEvaluationDeps) => ({
  async evaluateVersion({
    family,
    candidate,
    champion,
    snapshotDir,
  }: EvaluateVersionInput): Promise<Evaluated> {
    return validation.evaluate({
      family,
      modelFile: await fileOf(candidate),
      championFile: champion === null ? null : await fileOf(champion),
      snapshotDir,
    });
  },
});

export type VersionEvaluation = ReturnType<typeof versionEvaluation>;
