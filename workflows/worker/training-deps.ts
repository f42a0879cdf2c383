import type { TrainingDeps } from '@assay/activities/training';
import { ensureExtracted } from '@assay/adapters/trainer/extracted';
import { localProcessRunner } from '@assay/adapters/trainer/local-process';
import { referenceTrainers } from '@assay/adapters/trainer/reference-trainers';
import type { EvidenceSource } from '@assay/domain/ports/evidence-source';
import type { ModelEvaluator } from '@assay/domain/ports/model-evaluator';
import { shopSnapshots } from '@assay/simulator/snapshot/shop-snapshots';
import { activityInfo, Context } from '@temporalio/activity';
import type { WorkerConfig } from './config.ts';

export interface TrainingDepsInput {
  readonly config: WorkerConfig;
  readonly evidence: EvidenceSource;
  readonly evaluator: ModelEvaluator;
}

/** Trainings as local processes on the sample shop's rows and on labelled evidence. */
export function trainingDeps({ config, evidence, evaluator }: TrainingDepsInput): TrainingDeps {
  const { cacheDir, stateDir, stallMs } = config;
  return {
    stateDir,
    evidence,
    evaluator,
    stallMs,
    snapshots: shopSnapshots({
      extracted: (family) => ensureExtracted({ cacheDir, family }),
      // A retried activity makes the same snapshot again, digest and all
      nowMs: () => activityInfo().scheduledTimestampMs,
    }),
    runner: localProcessRunner(),
    trainer: referenceTrainers({ cacheDir }),
    context: () => {
      const context = Context.current();
      return { heartbeat: (details) => context.heartbeat(details), cancelled: context.cancelled };
    },
  };
}
