import { ApiError } from '#lib/api/api-error.ts';
import { CHANGES, load as loadPage } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import { MODELS_PAGE, modelsFilter } from '#lib/model/model-search.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadPage(
    event,
    async () => {
      const name = event.url.searchParams.get('name') ?? '';
      try {
        return {
          name,
          first: await api.models({ filter: modelsFilter(name), limit: MODELS_PAGE }),
          refused: '',
        };
      } catch (error) {
        // What cannot be searched for is the reader's to correct, beside the field
        if (!(error instanceof ApiError) || error.code !== 'REQUEST_INVALID') throw error;
        return { name, first: { items: [], nextPageToken: null }, refused: error.message };
      }
    },
    CHANGES,
  );
