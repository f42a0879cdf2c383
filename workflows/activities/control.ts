import type { AuditStatement } from '@assay/domain/audit';
import type { Autonomy } from '@assay/domain/autonomy';
import type { Policy } from '@assay/domain/policy';
import type { ControlStore, TrackedVersion, Transition } from '@assay/domain/ports/control-store';
import type { ReleaseState } from '@assay/domain/release';
import type { ServedVersion } from '@assay/domain/route-plan';

/** What a workflow needs to know of an endpoint; the rest of it never enters history. */
export interface EndpointFacts {
  readonly owner: string;
  readonly autonomy: Autonomy;
  readonly policy: Policy;
  readonly champion: ServedVersion | null;
}

export const controlActivities = ({ store }: { store: ControlStore }) => ({
  /** State, route, outbox and audit row in one transaction; the same key twice is one transition. */
  async commitTransition(transition: Transition): Promise<{ sequence: number }> {
    const { sequence } = await store.commit(transition);
    return { sequence };
  },

  async endpointFacts({ endpoint }: { endpoint: string }): Promise<EndpointFacts> {
    const { owner, autonomy, policy, route } = await store.endpoint(endpoint);
    return { owner, autonomy, policy, champion: route?.champion ?? null };
  },

  async trackedVersion({ model, version }: { model: string; version: string }): Promise<TrackedVersion> {
    return store.version(model, version);
  },

  async releaseState({ id }: { id: string }): Promise<ReleaseState> {
    return (await store.release(id)).state;
  },

  async trackVersion(input: {
    version: Omit<TrackedVersion, 'stage' | 'updatedAtMs'>;
    statement: AuditStatement;
  }): Promise<void> {
    await store.trackVersion(input.version, input.statement);
  },
});

export type ControlActivities = ReturnType<typeof controlActivities>;
