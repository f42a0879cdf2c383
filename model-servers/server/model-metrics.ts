import { Gauge, type Registry } from 'prom-client';
import type { LoadedModel } from '../runtime/model.ts';

const DIGEST_LETTERS = 12;

/** Memory, restarts and readiness of each model that is loaded, by the beginning of its digest and where it runs. */
export function modelMetrics(registry: Registry, models: () => readonly LoadedModel[]): void {
  const gauge = (
    name: string,
    help: string,
    read: (model: LoadedModel) => number,
    aggregator: 'sum' | 'min' = 'sum',
  ): void => {
    const found = new Gauge({
      name,
      help,
      labelNames: ['digest', 'place', 'provider'],
      registers: [registry],
      aggregator,
      collect() {
        found.reset();
        for (const model of models()) {
          const { place, provider } = model.status();
          found.set({ digest: model.digest.slice(0, DIGEST_LETTERS), place, provider }, read(model));
        }
      },
    });
  };
  gauge(
    'assay_model_memory_bytes',
    'Resident memory of the model’s host, else by how much a process grew when it opened the model',
    (m) => m.status().memoryBytes,
  );
  gauge(
    'assay_model_host_restarts',
    'Hosts that ended by themselves or were killed for hanging',
    (m) => m.status().hostRestarts,
  );
  gauge('assay_model_ready', '1 when the model can run, in each process', (m) => (isReady(m) ? 1 : 0), 'min');
}

/** `idle` waits for its first run and is as good as up. */
export const isReady = (model: LoadedModel): boolean => ['up', 'idle'].includes(model.status().state);
