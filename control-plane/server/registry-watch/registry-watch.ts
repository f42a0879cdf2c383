import type { RegistryLedger } from '@assay/domain/ports/registry-ledger';
import type { Deps } from '../deps.ts';
import { mirrorLifecycle, putBackDirectChanges } from './alias-guard.ts';
import { carryOutRequests } from './alias-requests.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { ReleaseTags } from './release-tags.ts';

export interface WatchDeps extends Pick<Deps, 'store' | 'workflows' | 'registry'> {
  readonly ledger: RegistryLedger;
  readonly nowMs: () => number;
}

/**
 * What passes between the registry's tables and the control plane: requests, direct writes, tags. Each kind of work goes on
 * when another is stuck; what failed is tried again at the next call.
 */
export class RegistryWatch {
  readonly #onNotice: readonly (() => Promise<void>)[];
  readonly #onTick: readonly (() => Promise<void>)[];

  constructor(deps: WatchDeps) {
    const tags = new ReleaseTags(deps);
    this.#onNotice = [
      oneAtATime(() => putBackDirectChanges(deps)),
      oneAtATime(() => tags.write()),
      oneAtATime(() => carryOutRequests(deps)),
    ];
    this.#onTick = [oneAtATime(() => deps.ledger.noteUnexplained()), oneAtATime(() => mirrorLifecycle(deps))];
  }

  /** After a notification: something was written. Throws the first failure once all have been tried. */
  look(): Promise<void> {
    return settled(this.#onNotice);
  }

  /** By the clock, besides: compares whole tables, because notifications and triggers can be missed. */
  async compare(): Promise<void> {
    await settled(this.#onTick);
    await this.look();
  }
}

async function settled(works: readonly (() => Promise<void>)[]): Promise<void> {
  const results = await Promise.allSettled(works.map((work) => work()));
  const failed = results.find((r) => r.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
