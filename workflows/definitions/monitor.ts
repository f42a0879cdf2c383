import { STOP, type StopInput } from '@assay/contract/experiment';
import { type MonitorInput, monitorWorkflow } from '@assay/contract/monitor';
import { releaseWorkflow, TASK_QUEUES, WHY } from '@assay/contract/release';
import { trainWorkflow } from '@assay/contract/train';
import { PROFILES } from '@assay/domain/delivery-profile';
import {
  afterHealing,
  afterLook,
  type MonitorNext,
  type MonitorProgress,
  RETRAIN_ROWS,
  startWatching,
} from '@assay/domain/monitor-rules';
import type { MonitorStatus, Transition } from '@assay/domain/ports/control-store';
import { asJson } from '@assay/domain/release-steps';
import type { ServedVersion } from '@assay/domain/route-plan';
import {
  CancellationScope,
  continueAsNew,
  defineQuery,
  defineSignal,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { analysis, commit, control } from './calls.ts';
import { codeOf, messageOf } from './failures.ts';
import type { release } from './release.ts';
import type { train } from './train.ts';

const stopSignal = defineSignal<[StopInput]>(STOP);
const whyQuery = defineQuery<string>(WHY);

/** A continued run forgets nothing but its history. */
const LOOKS_A_RUN = 500;

interface Run {
  readonly input: MonitorInput;
  progress: MonitorProgress;
  why: string;
}

/** Watches an endpoint's champion until it is stopped or cancelled. */
export async function monitor(input: MonitorInput, resume?: MonitorProgress): Promise<void> {
  const scope = new CancellationScope();
  const run: Run = { input, progress: resume ?? startWatching(), why: 'starting' };
  let stopped: StopInput | undefined;
  setHandler(whyQuery, () => run.why);
  setHandler(stopSignal, (signal) => {
    stopped ??= signal;
    scope.cancel();
  });
  try {
    await scope.run(() => watch(run));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const reason = stopped ? `stopped by ${stopped.subject}: ${stopped.reason}` : 'cancelled';
    await CancellationScope.nonCancellable(() => commit(statement(run, 'monitor.stopped', reason, null)));
  }
}

async function watch(run: Run): Promise<never> {
  const { lookEveryMs } = PROFILES[run.input.profile].monitor;
  for (;;) {
    const next = await lookOnce(run);
    if (next === 'heal') run.progress = afterHealing(run.progress, Date.now(), lookEveryMs, await heal(run));
    run.why = `watching, ${run.progress.drifted} drifted looks in a row`;
    await sleep(lookEveryMs);
    if (run.progress.looks % LOOKS_A_RUN === 0 || workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof monitor>(run.input, run.progress);
  }
}

async function lookOnce(run: Run): Promise<MonitorNext> {
  const { input, progress } = run;
  const profile = PROFILES[input.profile].monitor;
  const { champion } = await control.endpointFacts(input);
  if (champion === null) {
    await told(run, { kind: 'no-data', reason: 'the endpoint has no champion yet', features: [] });
    return 'stay';
  }
  const look = await analysis.lookForDrift({
    endpoint: input.endpoint,
    family: input.family,
    model: champion.model,
    version: champion.version,
    sinceMs: Math.max(progress.sinceMs, await promotedAtMs(champion)),
    minRows: profile.minRows,
    alpha: profile.alpha,
  });
  const { next, progress: after } = afterLook(progress, Date.now(), profile, look.kind);
  run.progress = after;
  const kind = next === 'heal' ? 'alarm' : look.kind === 'stable' ? 'watching' : look.kind;
  await told(run, { kind, reason: look.reason, features: look.features });
  return next;
}

/** Rows that an earlier champion answered say nothing about this one's training. */
async function promotedAtMs(champion: ServedVersion): Promise<number> {
  const { stage, updatedAtMs } = await control.trackedVersion({
    model: champion.model,
    version: champion.version,
  });
  return stage === 'champion' ? updatedAtMs : 0;
}

/** Retrains on rows since the drift began and releases what comes of it; answers whether that ended well. */
async function heal(run: Run): Promise<boolean> {
  const { input, progress } = run;
  try {
    await enoughRows(run);
    const id = `${input.endpoint}-drift-${progress.runs}-${workflowInfo().firstExecutionRunId.slice(0, 8)}`;
    await told(run, {
      kind: 'retraining',
      reason: `training "${input.recipe}" on the newest rows`,
      features: [],
    });
    run.why = 'retraining';
    const trained = await executeChild<typeof train>(trainWorkflow.name, {
      workflowId: trainWorkflow.id(id),
      taskQueue: TASK_QUEUES.training,
      args: [
        {
          id,
          family: input.family,
          model: input.model,
          recipe: input.recipe,
          seed: input.seed,
          source: {
            kind: 'evidence',
            endpoint: input.endpoint,
            sinceMs: progress.driftSinceMs,
            lastRows: 4 * RETRAIN_ROWS * PROFILES[input.profile].monitor.minRows,
          },
          requestedBy: monitorWorkflow.id(input.endpoint),
        },
      ],
    });
    const { model, version, snapshotDir } = trained;
    run.why = `releasing ${model}/${version}`;
    const child = await startChild<typeof release>(releaseWorkflow.name, {
      workflowId: releaseWorkflow.id({ model, version }),
      taskQueue: TASK_QUEUES.control,
      // A release that a person looks at outlives a monitor that is stopped
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: 'ABANDON',
      args: [
        {
          model,
          version,
          endpoint: input.endpoint,
          family: input.family,
          profile: input.profile,
          requestedBy: monitorWorkflow.id(input.endpoint),
          snapshotDir,
        },
      ],
    });
    const result = await child.result();
    if (result.end !== 'champion')
      await told(run, {
        kind: 'alarm',
        reason: `release of ${version}: ${result.end}: ${result.reason}`,
        features: [],
      });
    return result.end === 'champion';
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    const reason = `the retraining failed: ${codeOf(error) ?? 'INTERNAL'}: ${messageOf(error)}`;
    await told(run, { kind: 'alarm', reason, features: [] });
    return false;
  }
}

async function enoughRows(run: Run): Promise<void> {
  const { input, progress } = run;
  const { minRows, lookEveryMs } = PROFILES[input.profile].monitor;
  const atMost = RETRAIN_ROWS * minRows;
  for (;;) {
    const { endpoint, family } = input;
    const { rows } = await analysis.rowsSince({ endpoint, family, sinceMs: progress.driftSinceMs, atMost });
    if (rows >= atMost) return;
    run.why = `gathering rows to retrain on: ${rows} of ${atMost}`;
    await sleep(lookEveryMs);
  }
}

async function told(run: Run, status: Omit<MonitorStatus, 'atMs'>): Promise<void> {
  run.progress = { ...run.progress, told: run.progress.told + 1 };
  await commit(statement(run, `monitor.${status.kind}`, status.reason, { ...status, atMs: Date.now() }));
}

const statement = (
  { input, progress }: Run,
  event: string,
  reason: string,
  status: MonitorStatus | null,
): Transition => ({
  key: `${monitorWorkflow.id(input.endpoint)}/${workflowInfo().firstExecutionRunId}/${progress.told}/${event}`,
  statement: {
    decision: monitorWorkflow.id(input.endpoint),
    event,
    actor: { kind: 'workflow', id: 'monitor' },
    reason,
    evidence: asJson({ features: status?.features ?? [] }),
  },
  changes: status === null ? [] : [{ kind: 'monitor', endpoint: input.endpoint, status }],
  by: 'automation',
});
