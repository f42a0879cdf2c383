import type { Family } from '@assay/domain/families/family';
import type { SignatureFinding } from '@assay/domain/model-check/signing-policy';
import type { SignatureCheck } from '@assay/domain/ports/signature-check';
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
  readonly signatures: SignatureCheck;
}

export interface EvaluatedVersion extends Evaluated {
  /** null where the policy asks for none. */
  readonly signature: SignatureFinding | null;
}

/** Evaluates the very files that servers load, not those that a training left; a signature is verified before anything is run. */
export const versionEvaluation = ({ fileOf, validation, signatures }: VersionEvaluationDeps) => ({
  async evaluateVersion({
    family,
    candidate,
    champion,
    snapshotDir,
  }: EvaluateVersionInput): Promise<EvaluatedVersion> {
    const { model, version } = candidate;
    const modelFile = await fileOf(candidate);
    const found = await signatures.check({ family, model, version, file: modelFile });
    const signature = found.status === 'off' ? null : found;
    if (found.status === 'refused') {
      const code = 'SIGNATURE_REFUSED';
      return {
        facts: null,
        verdict: { kind: 'fail', reasons: [`${code}: ${found.value}`] },
        code,
        signature,
      };
    }
    const evaluated = await validation.evaluate({
      family,
      modelFile,
      championFile: champion === null ? null : await fileOf(champion),
      snapshotDir,
    });
    return { ...evaluated, signature };
  },
});

export type VersionEvaluation = ReturnType<typeof versionEvaluation>;
