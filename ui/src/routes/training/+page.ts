import { load as loadPage, RUNS } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import { EXPERIMENTS_SEARCH } from '#lib/run/experiment-search.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadPage(event, async () => ({ first: await api.runExperiments(EXPERIMENTS_SEARCH) }), RUNS);
