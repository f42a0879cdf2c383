import {
  type ExperimentInput,
  type ExperimentResult,
  STOP,
  type StopInput,
} from '@assay/contract/experiment';
import { WHY } from '@assay/contract/release';
import { canonicalJson } from '@assay/domain/canonical-json';
import { experimentRouteOf } from '@assay/domain/design';
import { ARMS, type ExperimentPlan } from '@assay/domain/experiment';
import { atTimeout, nextInExperiment } from '@assay/domain/experiment-rules';
import * as steps from '@assay/domain/experiment-steps';
import { asJson } from '@assay/domain/release-steps';
import { sha256Hex } from '@assay/domain/sha256';
import type { Verdict } from '@assay/domain/verdict';
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { analysis, commit, control } from './calls.ts';
import { codeOf, messageOf } from './failures.ts';

export const stopSignal = defineSignal<[StopInput]>(STOP);
const whyQuery = defineQuery<string>(WHY);

export interface ExperimentProgress {
  phase: 'registering' | 'gathering' | 'running';
  registeredAtMs: number;
  /** First period that counts, for panels. */
  fromPeriod: number;
  sinceMs: number;
  looks: number;
}

interface Run {
  readonly input: ExperimentInput;
  readonly plan: ExperimentPlan;
  readonly subject: steps.ExperimentSubject;
  readonly progress: ExperimentProgress;
  /** The store knows it: from here on it has to be ended, whatever happens. */
  isOpen: boolean;
  why: string;
  stop: StopInput | undefined;
}

/** Registers, runs, looks and decides. Only harm is read before the planned sample. */
export async function experiment(
  input: ExperimentInput,
  resume?: ExperimentProgress,
): Promise<ExperimentResult> {
  const { plan } = input;
  const run: Run = {
    input,
    plan,
    subject: {
      plan,
      planDigest: sha256Hex(canonicalJson(asJson(plan))),
      run: workflowInfo().firstExecutionRunId.slice(0, 8),
    },
    progress: resume ?? {
      phase: 'registering',
      registeredAtMs: Date.now(),
      fromPeriod: 0,
      sinceMs: 0,
      looks: 0,
    },
    isOpen: resume !== undefined,
    why: 'registering the plan',
    stop: undefined,
  };
  setHandler(whyQuery, () => run.why);
  setHandler(stopSignal, (input) => {
    run.stop ??= input;
  });
  try {
    const verdict = await untilVerdict(run);
    return { id: plan.id, verdict };
  } catch (error) {
    if (!isCancellation(error)) return { id: plan.id, verdict: await failed(run, error) };
    return CancellationScope.nonCancellable(async () => ({
      id: plan.id,
      verdict: await end(run, 'cancelled', inconclusive('cancelled before its stop criteria')),
    }));
  }
}

/** What cannot go on leaves no arm with traffic that nobody judges. Our own bug fails the task, not the experiment. */
async function failed(run: Run, error: unknown): Promise<Verdict> {
  if (!run.isOpen || !(error instanceof TemporalFailure)) throw error;
  const reason = `${codeOf(error) ?? 'INTERNAL'}: ${messageOf(error)}`;
  return end(run, reason, { kind: 'refused', reasons: [reason], effect: null });
}

const inconclusive = (reason: string): Verdict => ({ kind: 'inconclusive', reasons: [reason], effect: null });

async function untilVerdict(run: Run): Promise<Verdict> {
  const { progress, plan, subject, input } = run;
  if (progress.phase === 'registering') {
    await commit(steps.registered(subject, input.release));
    run.isOpen = true;
    if (plan.analysis === 'synthetic-control') {
      progress.fromPeriod = (await analysis.nextPeriod({ plan })).period;
      progress.phase = 'gathering';
    } else await start(run);
  }
  for (;;) {
    const verdict = progress.phase === 'gathering' ? await gather(run) : await look(run);
    if (verdict !== undefined) return verdict;
    await condition(() => run.stop !== undefined, plan.stop.lookEveryMs);
    if (run.stop !== undefined) {
      const reason = `stopped by ${run.stop.subject}: ${run.stop.reason}`;
      return end(run, reason, inconclusive(reason));
    }
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof experiment>(input, progress);
  }
}

async function start(run: Run): Promise<void> {
  const { plan, subject, progress } = run;
  const arm = plan.arms.find((a) => a.name === ARMS.treatment);
  const served = await control.servedVersion({ model: arm?.model ?? '', version: arm?.version ?? '' });
  progress.sinceMs = Date.now();
  await commit(steps.running(subject, experimentRouteOf(plan, served), progress.sinceMs));
  progress.phase = 'running';
}

/** The champion alone answers until the pre-periods are full. */
async function gather(run: Run): Promise<Verdict | undefined> {
  const { plan, progress } = run;
  const { periods, reason } = await analysis.prePeriods({
    plan,
    fromPeriod: progress.fromPeriod,
    atMs: Date.now(),
  });
  run.why = `gathering pre-periods with the champion alone: ${periods} of ${plan.stop.prePeriods} (${reason})`;
  if (periods >= plan.stop.prePeriods) await start(run);
  else if (Date.now() - progress.registeredAtMs > plan.stop.timeoutMs) {
    const why = `time-out with ${periods} of ${plan.stop.prePeriods} pre-periods`;
    return end(run, why, { kind: 'no-data', reasons: [why], effect: null });
  }
  return undefined;
}

async function look(run: Run): Promise<Verdict | undefined> {
  const { plan, progress, subject } = run;
  const atMs = Date.now();
  const query = { plan, atMs, sinceMs: progress.sinceMs, fromPeriod: progress.fromPeriod };
  const isPanel = plan.analysis === 'synthetic-control';
  const facts = isPanel ? await analysis.lookAtPanel(query) : await analysis.lookAtArms(query);
  progress.looks += 1;
  await commit(steps.experimentLook(subject, progress.looks, facts.look, facts.reason));
  const needed = isPanel ? `${plan.stop.postPeriods} periods` : `${plan.stop.minUnitsPerArm} units an arm`;
  run.why = `running: ${facts.gathered} of ${needed}`;
  const elapsedMs = atMs - progress.sinceMs;
  const next = nextInExperiment(plan, elapsedMs, facts);
  if (next.kind === 'stay') return undefined;
  if (next.kind === 'stop') return end(run, next.verdict.reasons.join('; '), next.verdict);
  const verdict = isPanel ? await analysis.decideByPanel(query) : await analysis.decideByArms(query);
  return end(run, next.reason, next.early ? atTimeout(verdict, next.reason) : verdict);
}

async function end({ subject, progress, stop }: Run, reason: string, verdict: Verdict): Promise<Verdict> {
  const actor = stop && ({ kind: 'person', id: stop.subject } as const);
  await commit(steps.stopped(subject, progress.phase === 'running', reason, actor));
  await commit(steps.decided(subject, verdict));
  return verdict;
}
