import { controlActivities } from '@assay/activities/control';
import { driftJudging } from '@assay/activities/drift-judging';
import { experimentJudging } from '@assay/activities/experiment-judging';
import { panelJudging } from '@assay/activities/panel-judging';
import { type RegistryDeps, registryActivities } from '@assay/activities/registry';
import { rolloutJudging } from '@assay/activities/rollout-judging';
import { type TrainingDeps, trainingActivities } from '@assay/activities/training';
import { validationActivities } from '@assay/activities/validation';
import { type VersionEvaluationDeps, versionEvaluation } from '@assay/activities/version-evaluation';
import type { ControlStore } from '@assay/domain/ports/control-store';
import type { EvidenceSource } from '@assay/domain/ports/evidence-source';
import type { ModelEvaluator } from '@assay/domain/ports/model-evaluator';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { SignatureCheck } from '@assay/domain/ports/signature-check';

export interface ActivityDeps {
  readonly store: ControlStore;
  readonly evidence: EvidenceSource;
  readonly registry: ModelRegistry;
  readonly evaluator: ModelEvaluator;
  readonly training: TrainingDeps;
  readonly stateDir: string;
  readonly fileOf: VersionEvaluationDeps['fileOf'];
  readonly signatures: SignatureCheck;
  readonly sign: RegistryDeps['sign'];
}

/** Activities by the queue that runs them (definitions/calls.ts names the same queues). */
export function activitiesByQueue(deps: ActivityDeps) {
  const { store, evidence, registry, evaluator, stateDir, fileOf, signatures, sign } = deps;
  const validation = validationActivities({ stateDir, evaluator });
  return {
    control: { ...controlActivities({ store }), ...registryActivities({ registry, stateDir, sign }) },
    analysis: {
      ...rolloutJudging({ evidence }),
      ...experimentJudging({ evidence }),
      ...panelJudging({ evidence }),
      ...driftJudging({ evidence, registry }),
      ...versionEvaluation({ fileOf, validation, signatures }),
    },
    training: trainingActivities(deps.training),
  };
}
