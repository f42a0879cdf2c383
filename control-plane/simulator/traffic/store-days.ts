import { setTimeout as delay } from 'node:timers/promises';
import { prng } from '@assay/domain/prng';
import type { PoolRow } from '../pool-row.ts';
import { businessDays, dayOfPeriod, firstPeriod, storeUnit } from './population.ts';
import { Servers } from './servers.ts';
import type { Answer, Shopper } from './shopper.ts';

export interface TreatedPeriods {
  readonly unit: string;
  readonly periods: readonly number[];
}

export interface StoreDaysParts {
  readonly shopper: Shopper;
  readonly pool: readonly PoolRow[];
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly nowMs: number;
}

/** Arm of the treated unit in panel designs (control-plane/domain/design.ts). */
const TREATMENT = 'treatment';
const RETRY_MS = 250;

/** Business days in order; every store asks once a day, and a day ends when all have. */
export class StoreDays {
  readonly stores: number;
  readonly #parts: StoreDaysParts;
  readonly #days: readonly (readonly PoolRow[])[];
  readonly #treated = new Map<string, { unit: string; periods: number[] }>();
  #period: number;

  constructor(parts: StoreDaysParts) {
    this.#parts = parts;
    this.#days = businessDays(parts.pool);
    this.stores = this.#days[0]?.length ?? 1;
    this.#period = firstPeriod(parts.nowMs);
  }

  treatedBy(version: string): TreatedPeriods | undefined {
    return this.#treated.get(version);
  }

  async next(transform: ((row: PoolRow) => PoolRow) | undefined): Promise<void> {
    const period = this.#period++;
    const rows = dayOfPeriod(this.#days, period);
    await Promise.all(rows.map((row) => this.#ask(transform?.(row) ?? row, period)));
  }

  async #ask(row: PoolRow, period: number): Promise<void> {
    const { shopper, seed, signal } = this.#parts;
    const unit = storeUnit(row);
    for (let attempt = 0; ; attempt++) {
      const luck = prng(`outcome/${seed}/${unit}/${period}`);
      const requestId = `${unit}-${period}-${attempt}`;
      try {
        this.#note(await shopper.run({ unit, requestId, row, luck, period }), unit, period);
        return;
      } catch (cause) {
        // A panel needs a store's every day. Asked twice is harmless: the outcome belongs to the one answer that came
        if (signal.aborted || Servers.refused(cause)) return;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #note({ arm, version }: Answer, unit: string, period: number): void {
    if (arm !== TREATMENT) return;
    const known = this.#treated.get(version) ?? { unit, periods: [] };
    known.periods.push(period);
    this.#treated.set(version, known);
  }
}
