import type { DeliveryProfile } from './delivery-profile.ts';
import { ARMS, assertPlan, type ExperimentPlan } from './experiment.ts';
import type { FamilySpec } from './families/family.ts';
import type { VersionRef } from './model-version.ts';
import type { ExperimentRoute, ServedVersion } from './route-plan.ts';

/** P(an experiment is stopped for harm | no guardrail is worse), over all its looks and guardrails together. */
export const EXPERIMENT_FALSE_STOP_RATE = 0.01;

/** The store that a panel design treats; named in the plan before any outcome is seen. */
export const TREATED_STORE = 'store-01';

/** No slash in it: it is a path segment of the API. */
export const experimentIdOf = (candidate: VersionRef): string => `${candidate.model}-v${candidate.version}`;

export interface DesignInput {
  readonly spec: FamilySpec;
  readonly endpoint: string;
  readonly owner: string;
  readonly champion: VersionRef;
  readonly candidate: VersionRef;
  readonly profile: DeliveryProfile;
}

/**
 * The experiment that decides a release. Units that can be randomised: two halves of the endpoint's whole layer. Few big units
 * that share days (stores): one named unit is treated and the others make its synthetic control.
 */
export function defaultPlan({
  spec,
  endpoint,
  owner,
  champion,
  candidate,
  profile,
}: DesignInput): ExperimentPlan {
  const isPanel = spec.analysis === 'synthetic-control';
  const { northStar } = spec;
  const plan: ExperimentPlan = {
    id: experimentIdOf(candidate),
    endpoint,
    owner,
    hypothesis:
      `${candidate.model} version ${candidate.version} makes ${northStar.label.toLowerCase()} (${northStar.unit}) ` +
      `${northStar.better} than champion version ${champion.version} by ${spec.smallestEffect} or more`,
    unit: isPanel ? 'store' : 'unit_id of the request',
    analysis: spec.analysis,
    // A panel design assigns by name, not by weight: everyone but the treated unit is control
    arms: [
      { name: ARMS.control, weight: isPanel ? 1 : 0.5, model: champion.model, version: champion.version },
      { name: ARMS.treatment, weight: isPanel ? 0 : 0.5, model: candidate.model, version: candidate.version },
    ],
    ...(isPanel && { treatedUnits: [TREATED_STORE] }),
    layer: { id: endpoint, from: 0, to: 1 },
    northStar,
    guardrails: spec.guardrails,
    alpha: profile.experiment.alpha,
    power: 0.8,
    smallestEffect: spec.smallestEffect,
    stop: {
      minUnitsPerArm: profile.experiment.minUnitsPerArm,
      minDurationMs: profile.experiment.minDurationMs,
      timeoutMs: profile.experiment.timeoutMs,
      lookEveryMs: profile.experiment.lookEveryMs,
      prePeriods: profile.experiment.prePeriods,
      postPeriods: profile.experiment.postPeriods,
    },
  };
  assertPlan(plan);
  return plan;
}

/** The control arm names no version: it is whatever the champion is, by the route's own rule. */
export function experimentRouteOf(plan: ExperimentPlan, candidate: ServedVersion): ExperimentRoute {
  return {
    id: plan.id,
    layer: plan.layer,
    arms: plan.arms.map(({ name, weight }) =>
      name === ARMS.treatment ? { name, weight, served: candidate } : { name, weight },
    ),
    ...(plan.treatedUnits && { treatedUnits: plan.treatedUnits }),
  };
}
