import { isAbsolute, join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { Family } from '@assay/domain/families/family';
import { refusals } from '@assay/domain/model-check/report';
import type { ModelEvaluator } from '@assay/domain/ports/model-evaluator';
import { judgeValidation, type ValidationFacts, type ValidationVerdict } from '@assay/domain/validation';

export interface EvaluateInput {
  readonly family: Family;
  /** Model files: absolute, or relative to the state folder. */
  readonly modelFile: string;
  readonly championFile: string | null;
  /** Relative to the state folder. */
  readonly snapshotDir: string;
}

/** The model itself is bad; trying again would not help, and the release must end with this reason. */
const BAD_MODEL = ['MODEL_CHECK_REFUSED', 'MODEL_NOT_ONNX', 'MODEL_SIGNATURE', 'EVALUATION_FAILED'];

export interface Evaluated {
  /** null where the model could not be judged at all; `verdict` says why. */
  readonly facts: ValidationFacts | null;
  readonly verdict: ValidationVerdict;
  /** Code of what made the model unusable, or null. */
  readonly code: string | null;
}

export interface ValidationDeps {
  readonly stateDir: string;
  readonly evaluator: ModelEvaluator;
}

/** Assay's own evaluation on rows that no training saw; what the trainer claims is not read. */
export const validationActivities = ({ stateDir, evaluator }: ValidationDeps) => ({
  async evaluate({ family, modelFile, championFile, snapshotDir }: EvaluateInput): Promise<Evaluated> {
    const at = (path: string): string => (isAbsolute(path) ? path : join(stateDir, path));
    try {
      await assertSound(evaluator, family, at(modelFile));
      const facts = await evaluator.evaluate({
        family,
        modelFile: at(modelFile),
        championFile: championFile === null ? null : at(championFile),
        snapshotDir: at(snapshotDir),
      });
      return { facts, verdict: judgeValidation(facts), code: null };
    } catch (cause) {
      if (!(cause instanceof AssayError) || !BAD_MODEL.includes(cause.code)) throw cause;
      const reasons = [`${cause.code}: ${cause.message}`];
      return { facts: null, verdict: { kind: 'fail', reasons }, code: cause.code };
    }
  },
});

/** The registry looked at it when it was registered; what will be served is looked at again. Throws MODEL_CHECK_REFUSED. */
async function assertSound(evaluator: ModelEvaluator, family: Family, modelFile: string): Promise<void> {
  const { rules } = await evaluator.check({ family, modelFile });
  const wrong = refusals(rules);
  if (wrong.length > 0)
    throw new AssayError('MODEL_CHECK_REFUSED', `Cannot validate the model: ${wrong.join('; ')}`);
}
