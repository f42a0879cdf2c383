import { load as loadLive } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadLive(event, async () => ({ experiments: await api.experiments() }));
