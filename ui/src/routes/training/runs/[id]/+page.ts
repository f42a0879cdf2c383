import { load as loadPage, RUNS } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadPage(
    event,
    async () => {
      const view = await api.run(event.params.id);
      return { ...view, experiment: await api.runExperiment(view.run.experimentId) };
    },
    RUNS,
  );
