import { armOf, inCanary, inLayerShare } from '@assay/domain/assignment';
import { AssayError } from '@assay/domain/errors';
import { ARM, type Reason } from '@assay/domain/evidence-schema';
import type { Endpoint, Hosted, HostedExperiment } from './table.ts';

/** Who answers a unit, and why. */
export interface Assigned {
  readonly hosted: Hosted;
  readonly arm: string;
  readonly experiment: string;
  readonly rollout: string;
  readonly reason: Reason;
  /** Probability with which a unit gets this arm. */
  readonly propensity: number;
}

/** Experiments before canary before champion. */
export function assign(endpoint: Endpoint, unit: string): Assigned {
  for (const experiment of endpoint.experiments) {
    const assigned = inExperiment(experiment, unit);
    if (assigned !== undefined) return assigned;
  }
  const { canary, champion, route } = endpoint;
  if (canary === undefined || route.canary === undefined)
    return {
      hosted: champion,
      arm: ARM.champion,
      experiment: '',
      rollout: '',
      reason: 'champion',
      propensity: 1,
    };
  const { rollout, weight } = route.canary;
  // The champion's side carries the rollout too: it is what the canary is compared with
  return inCanary(rollout, unit, weight)
    ? { hosted: canary, arm: ARM.canary, experiment: '', rollout, reason: 'canary', propensity: weight }
    : {
        hosted: champion,
        arm: ARM.champion,
        experiment: '',
        rollout,
        reason: 'champion',
        propensity: 1 - weight,
      };
}

function inExperiment(
  { route, weights, arms, treated }: HostedExperiment,
  unit: string,
): Assigned | undefined {
  const { id, layer } = route;
  const at = (i: number, propensity: number): Assigned | undefined => {
    const [arm, hosted] = [route.arms[i], arms[i]];
    if (arm === undefined || hosted === undefined) return undefined;
    return { hosted, arm: arm.name, experiment: id, rollout: '', reason: 'experiment', propensity };
  };
  if (treated !== undefined) {
    const name = treated.has(unit) ? 'treatment' : 'control';
    return at(
      route.arms.findIndex((a) => a.name === name),
      1,
    );
  }
  if (!inLayerShare(layer.id, unit, layer.from, layer.to)) return undefined;
  const i = armOf(id, weights, unit);
  return at(i, weights[i] ?? 0);
}

/** A named version answers outside of every comparison. Throws MODEL_VERSION_UNKNOWN. */
export function pinned(endpoint: Endpoint, version: string): Assigned {
  const hosted = endpoint.pins.get(version);
  if (hosted === undefined)
    throw new AssayError(
      'MODEL_VERSION_UNKNOWN',
      `Cannot answer for "${endpoint.route.name}": it has no version "${version}"`,
      { field: 'model_version' },
    );
  return { hosted, arm: ARM.pinned, experiment: '', rollout: '', reason: 'pinned', propensity: 1 };
}
