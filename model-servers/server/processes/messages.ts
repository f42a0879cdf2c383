import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The metrics of one process, as prom-client gives and adds them up. */
export type Metrics = readonly MetricObjectWithValues<MetricValue<string>>[];

/** What a worker tells its primary. */
export type FromWorker =
  | { readonly assay: 'ready'; readonly grpc: string; readonly http: string }
  /** Asks for the metrics of all. */
  | { readonly assay: 'metrics-wanted'; readonly id: number }
  | { readonly assay: 'metrics'; readonly id: number; readonly metrics: Metrics };

/** What a primary tells a worker. */
export type FromPrimary =
  /** Asks for this worker's metrics. */
  | { readonly assay: 'metrics-wanted'; readonly id: number }
  /** Those of all, as Prometheus' text. */
  | { readonly assay: 'metrics'; readonly id: number; readonly text: string };
