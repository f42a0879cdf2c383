import { CHANGES, load as loadPage } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadPage(
    event,
    () => {
      const { searchParams } = event.url;
      return api.compareVersions(
        event.params.name,
        searchParams.get('version') ?? '',
        searchParams.get('other') ?? '',
      );
    },
    CHANGES,
  );
