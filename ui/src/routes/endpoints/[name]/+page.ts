import { load as loadLive } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadLive(event, async () => {
    const [endpoint, releases, experiments] = await Promise.all([
      api.endpoint(event.params.name),
      api.releases(event.params.name),
      api.experiments(),
    ]);
    return {
      endpoint,
      releases,
      experiments: experiments.filter((x) => x.plan.endpoint === event.params.name),
    };
  });
