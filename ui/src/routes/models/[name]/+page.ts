import { load as loadLive } from '#lib/api/load.ts';
import { api } from '#lib/api/reads.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) =>
  loadLive(event, async () => {
    const [model, releases] = await Promise.all([api.model(event.params.name), api.releases()]);
    return { model, releases: releases.filter((r) => r.model === event.params.name) };
  });
