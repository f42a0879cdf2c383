import type { Histogram, Registry } from 'prom-client';

/** Upper bounds in seconds. */
const BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;
const REST = BOUNDS.length;
const SUM = REST + 1;
const NAME = 'assay_answer_seconds';

interface Value {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** The histogram of answers, one row an endpoint: an answer costs a look-up and two additions, Prometheus' text is made when asked for. */
export class Latencies {
  /** Answers a bucket, those beyond the last bound, then the sum of seconds. */
  readonly #rows = new Map<string, Float64Array>();

  constructor(registry: Registry) {
    const get = async (): Promise<object> => ({
      name: NAME,
      help: 'Time from the request to its written evidence',
      type: 'histogram',
      values: [...this.#rows].flatMap(([endpoint, row]) => values(endpoint, row)),
      aggregator: 'sum',
    });
    // The registry asks a metric for its name and for this alone
    const metric = { name: NAME, get, getForPromString: get, reset: () => this.#rows.clear() };
    registry.registerMetric(metric as unknown as Histogram);
  }

  observe(endpoint: string, seconds: number): void {
    let row = this.#rows.get(endpoint);
    if (row === undefined) {
      row = new Float64Array(SUM + 1);
      this.#rows.set(endpoint, row);
    }
    let at = 0;
    while (at < REST && seconds > (BOUNDS[at] as number)) at++;
    row[at] = (row[at] as number) + 1;
    row[SUM] = (row[SUM] as number) + seconds;
  }
}

/** Prometheus counts cumulatively. */
function values(endpoint: string, row: Float64Array): readonly Value[] {
  let count = 0;
  const buckets = [...BOUNDS, '+Inf'].map((le, i) => {
    count += row[i] as number;
    return { metricName: `${NAME}_bucket`, labels: { le, endpoint }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${NAME}_sum`, labels: { endpoint }, value: row[SUM] as number },
    { metricName: `${NAME}_count`, labels: { endpoint }, value: count },
  ];
}
