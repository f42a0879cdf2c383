import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';
import type { ServerReport } from '@assay/proto/gen/routes/routes';
import { passingSecret } from '../evidence/unit-key.ts';
import { keepPlan, keptPlan } from '../routing/kept-plan.ts';
import type { PlanInput } from '../routing/plan-holder.ts';
import { RouteWatcher } from '../routing/route-watcher.ts';
import type { ModelServerConfig } from './config.ts';
import type { Core } from './core.ts';
import { isReady } from './model-metrics.ts';

/** Before a plan is tried again whose files could not be fetched. */
const AGAIN_MS = 2_000;

/** Serves the kept plan, if there is one, then follows the control plane. Returns the way to end. */
export async function followControlPlane(
  core: Core,
  config: ModelServerConfig,
  control: string,
): Promise<() => Promise<void>> {
  const apply = async (plan: PlanInput): Promise<'applied' | 'refused' | 'away'> => {
    try {
      const table = await core.plans.apply(plan);
      core.health.changed();
      core.events.planApplied(table.routeVersion, table.endpoints.size);
      return 'applied';
    } catch (cause) {
      core.events.planRefused((cause as Error).message);
      return cause instanceof AssayError && cause.code === 'UNREACHABLE' ? 'away' : 'refused';
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
  let newest = 0n;
  let isClosed = false;
  const watcher = new RouteWatcher({
    control,
    token: config.serviceToken,
    serverId: config.serverId,
    artifactsDir: config.artifactsDir,
    appliedVersion: () => core.plans.table?.routeVersion ?? 0n,
    async onPlan(plan, digest) {
      newest = plan.routeVersion;
      let end = await apply(plan);
      // The registry that keeps the files was away: the plan itself is sound
      while (end === 'away' && newest === plan.routeVersion && !isClosed) {
        await delay(AGAIN_MS, undefined, { ref: false });
        end = await apply(plan);
      }
      if (end === 'applied')
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
    isClosed = true;
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
      ready: isReady(model),
      error: model.status().reason,
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
