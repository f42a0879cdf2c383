import type { LineageNode } from '@assay/domain/lineage';
import { endpointHref } from '../endpoint/words.ts';
import { releaseHref } from '../release/state-words.ts';
import { runHref } from '../run/words.ts';
import { parentHref } from './card-facts.ts';

/** The page of a thing of the lineage; undefined for data sets, which have none. */
export function lineageHref({ id, kind, name }: LineageNode): string | undefined {
  if (kind === 'version') return parentHref(name);
  if (kind === 'run') return runHref(id.slice('run:'.length));
  if (kind === 'endpoint') return endpointHref(name);
  if (kind === 'release') {
    const [, model, version] = /^release\/(.+)\/([^/]+)$/.exec(name) ?? [];
    return model === undefined || version === undefined ? undefined : releaseHref({ model, version });
  }
  return undefined;
}
