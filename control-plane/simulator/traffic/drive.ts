import { setTimeout as delay } from 'node:timers/promises';
import type { Family } from '@assay/domain/families/family';
import type { PoolRow } from '../pool-row.ts';
import { ClientLog } from './client-log.ts';
import { OutcomeSender } from './outcome-sender.ts';
import { Pacer } from './pacer.ts';
import { population } from './population.ts';
import { Servers } from './servers.ts';
import { Shopper } from './shopper.ts';
import { StoreDays, type TreatedPeriods } from './store-days.ts';
import { type DriveReport, Tally } from './tally.ts';
import { luckOf, visits } from './visitors.ts';

/** Changes what is asked and what is true of it, as a drift does. */
export type Transform = (row: PoolRow) => PoolRow;

export interface DriveOptions {
  readonly addresses: readonly string[];
  readonly token?: string;
  readonly endpoint: string;
  readonly family: Family;
  readonly pool: readonly PoolRow[];
  readonly seed: number;
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
  readonly transform?: Transform;
  /** File to which the decision id of every answered prediction is appended. */
  readonly log?: string;
}

export interface Driver {
  report(): DriveReport;
  setTransform(transform: Transform | undefined): void;
  /** Periods in which a store was answered by this version as treatment; for what the truth is over. Forecasting only. */
  treatedBy(version: string): TreatedPeriods | undefined;
  /** Ends after the signal: when all answers are in and all outcomes receipted. */
  readonly done: Promise<DriveReport>;
}

const TICK_MS = 20;
const MOST_IN_FLIGHT = 64;

/** Sends the shop's traffic until the signal; servers that are slow or away lower the rate, they do not pile up work. */
export function drive(options: DriveOptions): Driver {
  const traffic = new Traffic(options);
  return {
    report: () => traffic.tally.report(Date.now()),
    setTransform: (transform) => {
      traffic.transform = transform;
    },
    treatedBy: (version) => traffic.storeDays?.treatedBy(version),
    done: traffic.run(),
  };
}

class Traffic {
  readonly tally = new Tally();
  readonly storeDays: StoreDays | undefined;
  transform: Transform | undefined;
  readonly #options: DriveOptions;
  readonly #servers: Servers;
  readonly #outcomes: OutcomeSender;
  readonly #log: ClientLog;
  readonly #shopper: Shopper;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(options: DriveOptions) {
    const { addresses, token, endpoint, family, pool, seed, signal } = options;
    this.#options = options;
    this.transform = options.transform;
    this.#servers = new Servers(addresses, token);
    this.#outcomes = new OutcomeSender(this.#servers, this.tally);
    this.#log = new ClientLog(options.log);
    this.#shopper = new Shopper({
      endpoint,
      family,
      servers: this.#servers,
      outcomes: this.#outcomes,
      log: this.#log,
      tally: this.tally,
    });
    if (family === 'forecasting')
      this.storeDays = new StoreDays({ shopper: this.#shopper, pool, seed, signal, nowMs: Date.now() });
  }

  async run(): Promise<DriveReport> {
    const { signal } = this.#options;
    const { perSecond, start } = this.storeDays ? this.#days(this.storeDays) : this.#visits();
    const pacer = new Pacer(perSecond, Date.now());
    while (!signal.aborted) {
      const due = pacer.due(Date.now(), this.#room());
      for (let i = 0; i < due; i++) this.#start(start());
      await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#inFlight);
    await this.#outcomes.close();
    await this.#log.close();
    this.#servers.close();
    return this.tally.report(Date.now());
  }

  /** Days go one after another: a day that is not done leaves no room for the next. */
  #room(): number {
    if (this.storeDays) return this.#inFlight.size === 0 ? 1 : 0;
    return MOST_IN_FLIGHT - this.#inFlight.size;
  }

  #start(work: Promise<void>): void {
    this.#inFlight.add(work);
    void work.finally(() => this.#inFlight.delete(work));
  }

  #visits(): { perSecond: number; start: () => Promise<void> } {
    const { endpoint, family, pool, seed, ratePerSecond } = this.#options;
    const next = visits(seed, endpoint, population(family, pool, seed));
    const start = async (): Promise<void> => {
      const { n, unit, row } = next();
      const errand = {
        unit,
        requestId: `${endpoint}-${seed}-${n}`,
        row: this.transform?.(row) ?? row,
        luck: luckOf(seed, unit, n),
      };
      // What went wrong is in the tally; a visitor does not come back for it
      await this.#shopper.run(errand).catch(() => undefined);
    };
    return { perSecond: ratePerSecond, start };
  }

  #days(storeDays: StoreDays): { perSecond: number; start: () => Promise<void> } {
    return {
      perSecond: this.#options.ratePerSecond / storeDays.stores,
      start: () => storeDays.next(this.transform),
    };
  }
}
