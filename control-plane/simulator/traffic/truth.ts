import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';
import type { Family } from '@assay/domain/families/family';
import type { PoolRow, ServedAnswer } from '../pool-row.ts';
import { expectedOutcome } from '../response/all.ts';
import { servedTensors, toRequest } from './codec.ts';
import { businessDays, dayOfPeriod, population, storeUnit } from './population.ts';
import { Servers } from './servers.ts';

export interface TruthOptions {
  readonly address: string;
  readonly token?: string;
  readonly endpoint: string;
  readonly family: Family;
  readonly pool: readonly PoolRow[];
  readonly seed: number;
  /** Both must be answered when pinned. */
  readonly versions: { readonly control: string; readonly treatment: string };
  readonly metric: string;
  readonly transform?: (row: PoolRow) => PoolRow;
  /** Forecasting: the treated stores and the periods after the start; all of them when absent. */
  readonly units?: readonly string[];
  readonly periods?: readonly number[];
}

export interface Truth {
  readonly metric: string;
  /** Mean over the rows of E[metric | treatment] − E[metric | control]. */
  readonly truth: number;
  /** Standard deviation of the difference from row to row. */
  readonly sd: number;
  readonly n: number;
}

const AT_ONCE = 8;
const ATTEMPTS = 20;
const RETRY_MS = 250;

/**
 * The simulator's own answer to "what is the effect?": both versions are asked, pinned and without a unit (so that no
 * analysis counts it), for every row that the traffic draws from, and the response model tells what to expect.
 * Throws UNREACHABLE when the server does not answer, EVALUATION_FAILED when the metric is not the family's.
 */
export async function truth(options: TruthOptions): Promise<Truth> {
  const { address, token, transform, versions, metric } = options;
  const rows = truthRows(options).map((row) => transform?.(row) ?? row);
  const servers = new Servers([address], token);
  try {
    const differences: number[] = [];
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const some = rows.slice(at, at + AT_ONCE);
      differences.push(...(await Promise.all(some.map((row) => difference(servers, options, row)))));
    }
    const mean = average(differences);
    const spread = differences.map((d) => (d - mean) ** 2);
    const sd = rows.length < 2 ? 0 : Math.sqrt((average(spread) * rows.length) / (rows.length - 1));
    if (!Number.isFinite(mean))
      throw new AssayError(
        'EVALUATION_FAILED',
        `Cannot tell the truth about "${metric}" of ${versions.treatment} against ${versions.control}: the response model has no such metric`,
      );
    return { metric, truth: mean, sd, n: rows.length };
  } finally {
    servers.close();
  }
}

const average = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** Exactly what the traffic draws from; for forecasting what the given stores met in the given periods. */
export function truthRows({
  family,
  pool,
  seed,
  units,
  periods,
}: Pick<TruthOptions, 'family' | 'pool' | 'seed' | 'units' | 'periods'>): readonly PoolRow[] {
  if (family !== 'forecasting') return population(family, pool, seed);
  const days = businessDays(pool);
  const met = periods?.map((period) => dayOfPeriod(days, period)) ?? days;
  return met.flat().filter((row) => units === undefined || units.includes(storeUnit(row)));
}

async function difference(servers: Servers, options: TruthOptions, row: PoolRow): Promise<number> {
  const { family, metric, versions } = options;
  const [control, treatment] = await Promise.all(
    [versions.control, versions.treatment].map(async (version) => {
      const served = await pinned(servers, options, row, version);
      return expectedOutcome(family, row, served)[metric] ?? Number.NaN;
    }),
  );
  return (treatment ?? Number.NaN) - (control ?? Number.NaN);
}

async function pinned(
  servers: Servers,
  { endpoint, address }: TruthOptions,
  row: PoolRow,
  version: string,
): Promise<ServedAnswer> {
  const request = toRequest({
    endpoint,
    version,
    requestId: `truth-${version}-${row.key}`,
    inputs: row.inputs,
  });
  for (let attempt = 1; ; attempt++) {
    try {
      return servedTensors(await servers.infer(request));
    } catch (cause) {
      if (attempt === ATTEMPTS || !Servers.gaveNoAnswer(cause))
        throw new AssayError(
          'UNREACHABLE',
          `Cannot ask version "${version}" of endpoint "${endpoint}" at ${address}: ${(cause as Error).message}`,
          { cause },
        );
      await delay(RETRY_MS);
    }
  }
}
