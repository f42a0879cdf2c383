import cluster from 'node:cluster';
import type { Registry } from 'prom-client';
import type { FromPrimary, FromWorker, Metrics } from './messages.ts';

const WITHIN_MS = 5_000;

/** Metrics of this process, or of all that share its port. */
export type MetricsText = () => Promise<string>;

const tell = (message: FromWorker): void => {
  process.send?.(message);
};

export const tellReady = (grpc: string, http: string): void => tell({ assay: 'ready', grpc, http });

/** Whichever process a scraper's connection reaches, it gets what all of them have counted. */
export function metricsText(registry: Registry): MetricsText {
  if (!cluster.isWorker) return () => registry.metrics();
  const waiting = new Map<number, (text: string) => void>();
  let last = 0;
  process.on('message', (message: FromPrimary) => {
    if (message.assay === 'metrics') waiting.get(message.id)?.(message.text);
    else if (message.assay === 'metrics-wanted')
      void registry.getMetricsAsJSON().then((metrics) => {
        tell({ assay: 'metrics', id: message.id, metrics: metrics as Metrics });
      });
  });
  return () =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error('the other processes did not tell their metrics'));
      }, WITHIN_MS);
      waiting.set(id, (text) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(text);
      });
      tell({ assay: 'metrics-wanted', id });
    });
}
