import { WHY } from '@assay/contract/release';
import { type TrainInput, type TrainResult, trainWorkflow } from '@assay/contract/train';
import type { Transition } from '@assay/domain/ports/control-store';
import { asJson } from '@assay/domain/release-steps';
import { ENVIRONMENT_TAG } from '@assay/domain/trainer';
import { defineQuery, isCancellation, setHandler, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import { commit, control, training } from './calls.ts';
import { codeOf, messageOf } from './failures.ts';

const whyQuery = defineQuery<string>(WHY);

/** Snapshot, training, registration; a training that fails leaves its code and a row in the record. */
export async function train(input: TrainInput): Promise<TrainResult> {
  let why = 'preparing the snapshot';
  setHandler(whyQuery, () => why);
  try {
    return await trained(input, (now) => {
      why = now;
    });
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const end = isCancellation(error) ? 'cancelled' : 'failed';
    const code = end === 'cancelled' ? 'TRAINER_CANCELLED' : (codeOf(error) ?? 'INTERNAL');
    await commit(statement(input, `training.${end}`, messageOf(error), { code }));
    throw error;
  }
}

async function trained(input: TrainInput, say: (why: string) => void): Promise<TrainResult> {
  const { id, family, model, recipe, seed, source } = input;
  await commit(statement(input, 'training.started', `${recipe} for ${model}`, { recipe, seed, source }));
  const snapshot = await training.prepareSnapshot({ id, family, seed, source });
  say(`training "${recipe}" on ${snapshot.trainRows} rows`);
  const run = await training.train({
    family,
    recipe,
    seed,
    snapshotDir: snapshot.snapshotDir,
    outDir: `trainings/${id.replaceAll(/[^A-Za-z0-9._-]/g, '_')}`,
  });
  say('registering the model');
  const { quality, naive } = run.metrics;
  const registered = await control.registerTraining({
    id,
    model,
    family,
    outDir: run.outDir,
    metrics: { [quality.name]: quality.value, naive: naive.value },
    params: { recipe, seed: String(seed) },
    tags: {
      'assay.family': family,
      'assay.training': id,
      'assay.snapshot': snapshot.digest,
      'assay.snapshot_dir': snapshot.snapshotDir,
      'assay.created_by': input.requestedBy,
      ...(run.environment && { [ENVIRONMENT_TAG]: run.environment }),
    },
  });
  await control.trackVersion({
    version: { model, version: registered.version, family, createdBy: input.requestedBy, digest: run.digest },
    statement: statement(input, 'training.registered', `registered as ${model}/${registered.version}`, {
      snapshot: { digest: snapshot.digest, rows: snapshot.rows, labelOrigin: snapshot.labelOrigin },
      digest: run.digest,
      run: registered.runId,
      metrics: run.metrics,
      environment: run.environment,
    }).statement,
  });
  return {
    model,
    version: registered.version,
    digest: run.digest,
    snapshotDir: snapshot.snapshotDir,
    quality: quality.value,
  };
}

const statement = (input: TrainInput, event: string, reason: string, evidence: unknown): Transition => ({
  key: `${trainWorkflow.id(input.id)}/${workflowInfo().firstExecutionRunId.slice(0, 8)}/${event}`,
  statement: {
    decision: trainWorkflow.id(input.id),
    event,
    actor: { kind: 'workflow', id: 'train' },
    reason,
    evidence: asJson(evidence),
  },
  changes: [],
  by: 'automation',
});
