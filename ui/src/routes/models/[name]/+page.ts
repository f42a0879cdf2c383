import { CHANGES, load as loadPage } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import { readAsOf } from '#lib/model/as-of.ts';
import { VERSIONS_PAGE } from '#lib/model/model-search.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadPage(
    event,
    async () => {
      const { name } = event.params;
      const [model, first, history, asked] = await Promise.all([
        api.model(name),
        api.versions(name, { limit: VERSIONS_PAGE }),
        api.aliasHistory(name),
        readAsOf(event.url.searchParams, name),
      ]);
      return { model, first, history, asked };
    },
    CHANGES,
  );
