import { error } from '@sveltejs/kit';
import { load as loadPage, RUNS } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

/** Side by side, more columns than that tell nobody anything; the registry's own limit is 100. */
const MOST = 20;

export const load: PageLoad = (event) => {
  const ids = [...new Set(event.url.searchParams.getAll('run'))];
  if (ids.length < 2 || ids.length > MOST)
    return error(400, `Cannot compare ${ids.length} runs: two to ${MOST} are compared`, {
      remedy: 'Choose them in the table of an experiment, then press “Compare”',
    });
  return loadPage(
    event,
    async () => ({ runs: (await Promise.all(ids.map((id) => api.run(id)))).map((view) => view.run) }),
    RUNS,
  );
};
