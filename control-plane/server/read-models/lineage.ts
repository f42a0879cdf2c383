import { AssayError } from '@assay/domain/errors';
import type { LineageFacts } from '@assay/domain/lineage';
import { releaseId } from '@assay/domain/release';
import type { Deps } from '../deps.ts';
import { modelVersionView } from './model-version-view.ts';

/** What lineage is drawn from. Throws NOT_FOUND, UNREACHABLE. */
export async function lineageFacts(
  deps: Pick<Deps, 'store' | 'registry'>,
  model: string,
  version: string,
): Promise<LineageFacts> {
  const { store, registry } = deps;
  if (registry === undefined)
    throw new AssayError('UNREACHABLE', `Cannot draw the lineage of ${model}/${version}: no registry`);
  const [view, registered, facts, record] = await Promise.all([
    modelVersionView(deps, model, version),
    registry.version(model, version),
    registry.facts(model, version),
    store.auditOf(releaseId(model, version)),
  ]);
  const { release, endpoints, card } = view;
  return { registered, facts, release, record, endpoints, parents: card.details.parents };
}
