import { load as loadLive } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadLive(event, async () => {
    const view = await api.release(event.params.model, event.params.version);
    return { ...view, siblings: await api.releases(view.release.endpoint) };
  });
