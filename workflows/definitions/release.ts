import { type ReleaseInput, type ReleaseResult, releaseWorkflow } from '@assay/contract/release';
import { releaseId } from '@assay/domain/release';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { openDesk } from './desk.ts';
import { codeOf, messageOf } from './failures.ts';
import { abort, endedAlready, stop } from './release-ends.ts';
import { advance } from './release-phases.ts';
import { begin, gateOf, type ReleaseProgress, type ReleaseRun } from './release-progress.ts';

/** Orders and waits; what a state allows is domain code, what it changes is one transaction. */
export async function release(input: ReleaseInput, resume?: ReleaseProgress): Promise<ReleaseResult> {
  const scope = new CancellationScope();
  const id = releaseId(input.model, input.version);
  const desk = openDesk(releaseWorkflow.id(input), () => scope.cancel());
  const { model, version, endpoint } = input;
  const subject = { id, run: workflowInfo().firstExecutionRunId.slice(0, 8), model, version, endpoint };
  const run: ReleaseRun = { input, subject, desk, progress: resume ?? begin() };
  try {
    return await scope.run(() => live(run));
  } catch (error) {
    if (isCancellation(error)) return CancellationScope.nonCancellable(() => abort(run));
    throw error;
  }
}

async function live(run: ReleaseRun): Promise<ReleaseResult> {
  const { progress } = run;
  while (progress.phase.kind !== 'ended') {
    run.desk.author = progress.author ?? undefined;
    try {
      progress.phase = await advance(run);
    } catch (error) {
      progress.phase = await failed(run, error);
    }
    if (
      progress.phase.kind !== 'ended' &&
      workflowInfo().continueAsNewSuggested &&
      run.desk.approval === undefined
    ) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof release>(run.input, progress);
    }
  }
  return progress.phase.result;
}

/** What cannot go on does not stay half way: the candidate loses its traffic and the record says why. */
async function failed(run: ReleaseRun, error: unknown): Promise<ReleaseProgress['phase']> {
  if (isCancellation(error)) throw error;
  const ended = await endedAlready(run, error);
  if (ended !== undefined) return { kind: 'ended', result: ended };
  const { phase, live } = run.progress;
  // Never opened: there is no release to end, and whoever asked learns the code. Our own bug fails the task, not the release
  if (phase.kind === 'opening' || !(error instanceof TemporalFailure)) throw error;
  const end = live === 'canary' || live === 'experiment' ? 'rolled-back' : 'rejected';
  const reason = `${codeOf(error) ?? 'INTERNAL'}: ${messageOf(error)}`;
  try {
    return await stop(run, { end, gate: gateOf(phase), reason, effect: null });
  } catch (refusal) {
    // It ended in its record, and what failed came afterwards (an alias): the record holds
    const recorded = await endedAlready(run, refusal);
    if (recorded === undefined) throw refusal;
    return { kind: 'ended', result: recorded };
  }
}
