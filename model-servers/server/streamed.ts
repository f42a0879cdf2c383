import type { ServerReport } from '@assay/proto/gen/routes/routes';
import { passingSecret } from '../evidence/unit-key.ts';
import { keepPlan, keptPlan } from '../routing/kept-plan.ts';
import type { PlanInput } from '../routing/plan-holder.ts';
import { RouteWatcher } from '../routing/route-watcher.ts';
import type { ModelServerConfig } from './config.ts';
import type { Core } from './core.ts';

/** Serves the kept plan, if there is one, then follows the control plane. Returns the way to end. */
export async function followControlPlane(
  core: Core,
  config: ModelServerConfig,
  control: string,
): Promise<() => Promise<void>> {
  const apply = async (plan: PlanInput): Promise<boolean> => {
    try {
      const table = await core.plans.apply(plan);
      core.health.changed();
      core.events.planApplied(table.routeVersion, table.endpoints.size);
      return true;
    } catch (cause) {
      core.events.planRefused((cause as Error).message);
      return false;
    }
  };
  const kept = keptPlan(config.stateDir);
  if (kept !== undefined)
    await apply({
      json: kept.json,
      routeVersion: BigInt(kept.version),
      unitSecret: passingSecret(),
      base: config.artifactsDir,
    });
  const watcher = new RouteWatcher({
    control,
    token: config.serviceToken,
    serverId: config.serverId,
    artifactsDir: config.artifactsDir,
    appliedVersion: () => core.plans.table?.routeVersion ?? 0n,
    async onPlan(plan, digest) {
      if (await apply(plan))
        keepPlan(config.stateDir, { version: String(plan.routeVersion), digest, json: plan.json });
    },
    onRefused(reason) {
      core.plans.refuse(reason);
      core.events.planRefused(reason);
    },
    report: () => reportOf(core, config.serverId),
    onAway: () => undefined,
  });
  return async () => {
    watcher.close();
    await core.close();
  };
}

function reportOf(core: Core, serverId: string): ServerReport {
  const { plans, traffic } = core;
  const hosted = [...(plans.table?.endpoints.values() ?? [])].flatMap((e) => e.hosted);
  return {
    serverId,
    appliedVersion: plans.table?.routeVersion ?? 0n,
    grpcAddress: core.grpc,
    httpUrl: core.http,
    refused: plans.refused,
    models: hosted.map(({ served, model }) => ({
      model: served.model,
      version: served.version,
      digest: model.digest,
      ready: true,
      error: '',
    })),
    traffic: traffic.all().map((t) => ({
      endpoint: t.endpoint,
      model: t.model,
      version: t.version,
      arm: t.arm,
      answered: BigInt(t.answered),
      guarded: BigInt(t.guarded),
      failed: BigInt(t.failed),
    })),
  };
}
