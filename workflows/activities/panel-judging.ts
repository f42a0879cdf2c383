import { type PanelVerdict, syntheticControlVerdict } from '@assay/analysis/synthetic-control-verdict';
import { EXPERIMENT_FALSE_STOP_RATE } from '@assay/domain/design';
import type { ExperimentPlan } from '@assay/domain/experiment';
import type { ExperimentFacts } from '@assay/domain/experiment-rules';
import type { MetricSpec } from '@assay/domain/metric';
import type { EvidenceSource, PanelAnswer } from '@assay/domain/ports/evidence-source';
import type { Verdict } from '@assay/domain/verdict';
import { nothingYet } from './experiment-judging.ts';
import { unreadable } from './rollout-judging.ts';

export interface PanelQuery {
  readonly plan: ExperimentPlan;
  /** First period that counts: the champion alone answered from here to the start. */
  readonly fromPeriod: number;
  readonly atMs: number;
}

/** Fewer periods after the start than this are no running estimate. */
const FIRST_LOOK_PERIODS = 5;

export const panelJudging = ({ evidence }: { evidence: EvidenceSource }) => {
  const panelOf = async ({ plan, fromPeriod }: PanelQuery, metric: string): Promise<PanelAnswer> =>
    whole(await evidence.panel({ endpoint: plan.endpoint, experiment: plan.id, metric, fromPeriod }));
  const decided = async (query: PanelQuery): Promise<Verdict> => {
    const { plan } = query;
    const main = judged(plan, plan.northStar, await panelOf(query, plan.northStar.name), plan.alpha);
    const verdict = { kind: main.kind, reasons: main.reasons, effect: main.effect };
    if (main.kind !== 'ship') return verdict;
    const others = plan.guardrails.filter((g) => g.name !== plan.northStar.name);
    const read = await Promise.all(
      others.map(async (g) => guardrail(g, judged(plan, g, await panelOf(query, g.name), plan.alpha))),
    );
    const reasons = [...main.reasons, ...read.map((r) => r.reason)];
    return { ...verdict, kind: read.every((r) => r.holds) ? 'ship' : 'inconclusive', reasons };
  };
  return {
    /** The period after the newest one that has an outcome: where a plan's pre-periods begin. */
    async nextPeriod({ plan }: { plan: ExperimentPlan }): Promise<{ period: number }> {
      const { periods } = await evidence.panel({
        endpoint: plan.endpoint,
        experiment: plan.id,
        metric: plan.northStar.name,
        fromPeriod: 0,
      });
      return { period: periods.length === 0 ? 0 : Math.max(...periods) + 1 };
    },

    /** Whole periods that the champion alone has answered so far. */
    async prePeriods(query: PanelQuery): Promise<{ periods: number; reason: string }> {
      try {
        const panel = await panelOf(query, query.plan.northStar.name);
        return { periods: panel.periods.length, reason: `${panel.units.length} units` };
      } catch (error) {
        return { periods: 0, reason: unreadable(error) };
      }
    },

    async lookAtPanel(query: PanelQuery): Promise<ExperimentFacts> {
      try {
        return running(query, await panelOf(query, query.plan.northStar.name));
      } catch (error) {
        return nothingYet(unreadable(error));
      }
    },

    /** The one look that was planned beforehand; ships only when every guardrail stays within its margin. */
    async decideByPanel(query: PanelQuery): Promise<Verdict> {
      try {
        return await decided(query);
      } catch (error) {
        return { kind: 'no-data', reasons: [unreadable(error)], effect: null };
      }
    },
  };
};

export type PanelJudging = ReturnType<typeof panelJudging>;

/** An outcome may be on its way for so long: a server that died has to come back before what it wrote is sealed. */
const PATIENCE_PERIODS = 20;

/** Up to the first period that may still be written; holes older than that stay, and their unit is no donor. */
function whole(panel: PanelAnswer): PanelAnswer {
  const treated = new Set(panel.treated);
  const length = Math.min(
    panel.periods.length,
    ...panel.values.map((row, i) => settled(row, treated.has(panel.units[i] ?? ''))),
  );
  return {
    ...panel,
    periods: panel.periods.slice(0, length),
    values: panel.values.map((row) => row.slice(0, length)),
  };
}

/**
 * Periods of a unit before its first hole that may still be filled. A unit that is silent for longer has left. For the treated
 * one every hole is waited for, to the experiment's time-out: without its every period there is no verdict.
 */
function settled(row: readonly number[], isTreated: boolean): number {
  const oldest = isTreated ? 0 : row.length - 1 - PATIENCE_PERIODS;
  if (row.findLastIndex(Number.isFinite) < oldest) return row.length;
  const hole = row.findIndex((value, period) => period >= oldest && !Number.isFinite(value));
  return hole === -1 ? row.length : hole;
}

const startOf = (panel: PanelAnswer): number =>
  panel.firstTreatedPeriod === null
    ? panel.periods.length
    : panel.periods.filter((p) => p < (panel.firstTreatedPeriod ?? 0)).length;

/** Cut at the planned number of periods, so that a late look reads what an early one would have read. */
function judged(plan: ExperimentPlan, spec: MetricSpec, panel: PanelAnswer, alpha: number): PanelVerdict {
  const start = startOf(panel);
  const end = start + plan.stop.postPeriods;
  return syntheticControlVerdict({
    metric: spec.name,
    better: spec.better,
    units: panel.units,
    outcomes: panel.values.map((row) => row.slice(0, end)),
    treated: panel.units.indexOf(panel.treated[0] ?? ''),
    prePeriods: start,
    alpha,
    smallestEffect: plan.smallestEffect,
  });
}

function running({ plan, atMs }: PanelQuery, panel: PanelAnswer): ExperimentFacts {
  const start = startOf(panel);
  const gathered = Math.min(panel.periods.length - start, plan.stop.postPeriods);
  if (gathered < FIRST_LOOK_PERIODS)
    return { ...nothingYet(`${gathered} periods after the start`), gathered };
  const now = judged(plan, plan.northStar, panel, plan.alpha);
  const { effect } = now;
  return {
    gathered,
    look:
      effect === null
        ? null
        : {
            atMs,
            units: { treated: 1, donors: panel.units.length - 1, periods: gathered },
            estimate: effect.estimate,
            lower: effect.lower,
            upper: effect.upper,
            sequenceLower: null,
            sequenceUpper: null,
          },
    harm: harmIn(plan, panel),
    refusal: now.kind === 'refused' ? now.reasons.join('; ') : null,
    reason: now.reasons.join('; '),
  };
}

/** Placebo intervals are not always-valid, so that each period's look gets its own share of the false-stop rate. */
function harmIn(plan: ExperimentPlan, panel: PanelAnswer): ExperimentFacts['harm'] {
  const alpha = EXPERIMENT_FALSE_STOP_RATE / plan.stop.postPeriods;
  const verdict = judged(plan, plan.northStar, panel, alpha);
  if (verdict.kind !== 'roll-back') return null;
  const shown = judged(plan, plan.northStar, panel, 0.05);
  return { reason: verdict.reasons.join('; '), effect: shown.effect };
}

function guardrail(spec: MetricSpec, { effect, reasons }: PanelVerdict): { holds: boolean; reason: string } {
  if (effect === null) return { holds: false, reason: `${spec.name}: ${reasons.join('; ')}` };
  const worst = spec.better === 'higher' ? effect.lower : -effect.upper;
  const holds = worst > -spec.nonInferiorityMargin;
  const word = holds ? 'within' : 'not shown to be within';
  return { holds, reason: `${spec.name}: ${word} the margin ${spec.nonInferiorityMargin}` };
}
