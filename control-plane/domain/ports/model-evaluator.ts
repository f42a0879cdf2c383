import type { Family } from '../families/family.ts';
import type { CheckReport } from '../model-check/report.ts';
import type { ValidationFacts } from '../validation.ts';

/** Runs model files of unknown quality where they can hurt nobody; adapters: a child process with limits. */
export interface ModelEvaluator {
  /** Judges the file rule by rule before anything runs it. Throws MODEL_NOT_ONNX where there is no file. */
  check(input: { family: Family; modelFile: string }): Promise<CheckReport>;
  /** Loads the model, checks its signature and repeats sample.json. Throws MODEL_NOT_ONNX, MODEL_SIGNATURE, TRAINER_OUTPUT_INVALID, EVALUATION_FAILED. */
  inspect(input: { family: Family; modelFile: string; sampleFile: string }): Promise<void>;
  /** Quality on the hold-out rows, naive and champion beside it. Throws MODEL_NOT_ONNX, MODEL_SIGNATURE, SNAPSHOT_INVALID, EVALUATION_FAILED. */
  evaluate(input: {
    family: Family;
    modelFile: string;
    snapshotDir: string;
    /** Model file of the champion, where there is one. */
    championFile: string | null;
  }): Promise<ValidationFacts>;
}
