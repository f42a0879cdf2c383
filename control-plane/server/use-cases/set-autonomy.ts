import { randomUUID } from 'node:crypto';
import type { Autonomy } from '@assay/domain/autonomy';
import type { Identity } from '@assay/domain/roles';
import type { Deps } from '../deps.ts';
import { said } from './statement.ts';

/** Granted or revoked at any time: a release that waits, or comes to its next gate, goes by it. Throws NOT_FOUND. */
export async function setAutonomy(
  { store }: Deps,
  by: Identity,
  { endpoint, autonomy, reason }: { endpoint: string; autonomy: Autonomy; reason: string },
): Promise<void> {
  const { autonomy: former } = await store.endpoint(endpoint);
  const id = `endpoint/${endpoint}`;
  await store.commit({
    key: `${id}/autonomy/${randomUUID()}`,
    statement: said(by, id, 'endpoint.autonomy', reason, { former, autonomy }),
    changes: [{ kind: 'autonomy', endpoint, autonomy }],
    by: 'person',
  });
}
