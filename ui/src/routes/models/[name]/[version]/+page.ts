import { CHANGES, load as loadPage } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import { readAsOf } from '#lib/model/as-of.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadPage(
    event,
    async () => {
      const { name, version } = event.params;
      const [view, lineage, history, asked] = await Promise.all([
        api.version(name, version),
        api.lineage(name, version),
        api.aliasHistory(name),
        readAsOf(event.url.searchParams, name),
      ]);
      const release = view.release === null ? undefined : await api.release(name, version);
      return { name, version, view, lineage, history, asked, record: release?.record ?? [] };
    },
    CHANGES,
  );
