import { ApiError } from '#lib/api/api-error.ts';
import { load as loadPage, RUNS } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import { PAGE_SIZE, readSearch } from '#lib/run/run-search.ts';
import type { PageLoad } from './$types';

const NOTHING = { items: [], nextPageToken: null };

export const load: PageLoad = (event) =>
  loadPage(
    event,
    async () => {
      const search = readSearch(event.url.searchParams);
      const { filter, orderBy } = search;
      const [experiment, found] = await Promise.all([
        api.runExperiment(event.params.id),
        api.runs(event.params.id, { filter, orderBy, limit: PAGE_SIZE }).then(
          (first) => ({ first, refused: undefined }),
          (error: unknown) => {
            // A filter that the registry cannot read is the reader's to correct, beside the filter
            if (!(error instanceof ApiError) || error.code !== 'REQUEST_INVALID') throw error;
            return { first: NOTHING, refused: error };
          },
        ),
      ]);
      return { experiment, search, ...found };
    },
    RUNS,
  );
