import type { ReleaseResult } from '@assay/contract/release';
import type { Release, ReleaseState } from '@assay/domain/release';
import * as steps from '@assay/domain/release-steps';
import type { ServedVersion } from '@assay/domain/route-plan';
import { CancellationScope, patched } from '@temporalio/workflow';
import { commit, control } from './calls.ts';
import { codeOf } from './failures.ts';
import { gateOf, type Phase, type ReleaseRun } from './release-progress.ts';

const ENDS: readonly Release['state']['kind'][] = ['champion', 'rejected', 'rolled-back', 'aborted'];

/** Releases that the API ended before it kept their alias "challenger". */
const ALIAS_GOES_TOO = 'alias-goes-with-an-abort';

const routed = ({ progress }: ReleaseRun): ServedVersion | null =>
  progress.live === 'none' ? null : progress.served;

const mirror = (model: string, alias: string, version: string | null): Promise<void> =>
  CancellationScope.nonCancellable(() => control.mirrorAlias({ model, alias, version }));

export async function stop(run: ReleaseRun, end: steps.Stopped, evidence: unknown = {}): Promise<Phase> {
  await commit(steps.stopped(run.subject, routed(run), end, evidence));
  if (run.progress.live !== 'none') await mirror(run.input.model, 'challenger', null);
  return {
    kind: 'ended',
    result: { id: run.subject.id, end: end.end, gate: end.gate, reason: end.reason, effect: end.effect },
  };
}

export async function promote(run: ReleaseRun): Promise<Phase> {
  const { progress, subject, input } = run;
  const { served, champion, effect } = progress;
  if (served === null) throw new Error('a version that was never looked up cannot be promoted');
  await commit(
    champion === null
      ? steps.firstChampion(subject, served)
      : steps.promoted(subject, served, champion, effect),
  );
  await mirror(input.model, 'champion', input.version);
  if (champion !== null) await mirror(input.model, 'challenger', null);
  const gate = champion === null ? 'validation' : 'experiment';
  const reason = champion === null ? 'first version: nothing to compare with' : 'better than the champion';
  return { kind: 'ended', result: { id: subject.id, end: 'champion', gate, reason, effect } };
}

/** Ends as the record says it ended: the API, or an earlier run, was there first. */
function asRecorded(run: ReleaseRun, state: ReleaseState): ReleaseResult {
  const { id } = run.subject;
  const gate = gateOf(run.progress.phase);
  switch (state.kind) {
    case 'champion':
      return { id, end: 'champion', gate: state.gate, reason: 'promoted', effect: state.effect };
    case 'rejected':
    case 'rolled-back':
      return { id, end: state.kind, gate: state.gate, reason: state.reason, effect: state.effect };
    case 'aborted':
      return { id, end: 'aborted', gate, reason: state.reason, effect: null };
    default:
      throw new Error(`${id} refused a transition while it was "${state.kind}"`);
  }
}

/** Runs in a scope that nothing cancels. */
export async function abort(run: ReleaseRun): Promise<ReleaseResult> {
  const { subject, reason } = run.desk.abort ?? { subject: 'temporal', reason: 'the workflow was cancelled' };
  run.desk.why = `aborting: ${reason}`;
  try {
    await commit(steps.aborted(run.subject, routed(run), subject, reason));
  } catch (error) {
    const ended = await endedAlready(run, error);
    if (ended === undefined) throw error;
    return ended;
  }
  if (run.progress.live !== 'none') await mirror(run.input.model, 'challenger', null);
  return { id: run.subject.id, end: 'aborted', gate: gateOf(run.progress.phase), reason, effect: null };
}

/** A refused transition of a release that has ended is no failure: somebody else ended it. */
export async function endedAlready(run: ReleaseRun, error: unknown): Promise<ReleaseResult | undefined> {
  if (codeOf(error) !== 'TRANSITION_REFUSED') return undefined;
  const state = await CancellationScope.nonCancellable(() => control.releaseState({ id: run.subject.id }));
  if (!ENDS.includes(state.kind)) return undefined;
  // The API that aborted knows nothing of aliases
  if (state.kind === 'aborted' && run.progress.live !== 'none' && patched(ALIAS_GOES_TOO))
    await mirror(run.input.model, 'challenger', null);
  return asRecorded(run, state);
}
