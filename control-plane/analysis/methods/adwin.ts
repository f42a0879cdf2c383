import { at } from '../numeric/sum.ts';

export interface AdwinOptions {
  readonly delta: number;
  readonly clock: number;
  readonly maxBuckets: number;
  readonly minWindow: number;
  readonly grace: number;
}

interface Bucket {
  readonly n: number;
  readonly total: number;
  /** Sum of squared deviations inside. */
  readonly spread: number;
}

const joined = (a: Bucket, b: Bucket): Bucket => {
  const n = a.n + b.n;
  const gap = a.total / a.n - b.total / b.n;
  return { n, total: a.total + b.total, spread: a.spread + b.spread + ((a.n * b.n) / n) * gap * gap };
};

/** What is left of `whole` without `part`. */
const without = (whole: Bucket, part: Bucket): Bucket => {
  const rest = { n: whole.n - part.n, total: whole.total - part.total };
  if (rest.n === 0) return EMPTY;
  const gap = rest.total / rest.n - part.total / part.n;
  return { ...rest, spread: whole.spread - part.spread - ((rest.n * part.n) / whole.n) * gap * gap };
};

const EMPTY: Bucket = { n: 0, total: 0, spread: 0 };

/** rows[i] holds buckets of 2^i values, oldest first; the oldest values are in the last row. */
class Window {
  private rows: Bucket[][] = [[]];
  all: Bucket = EMPTY;
  private ticks = 0;
  private readonly options: AdwinOptions;

  constructor(options: AdwinOptions) {
    this.options = options;
  }

  /** True when this value raised the alarm. */
  add(x: number): boolean {
    const bucket = { n: 1, total: x, spread: 0 };
    this.all = this.all.n === 0 ? bucket : joined(this.all, bucket);
    this.rows[0]?.push(bucket);
    this.compress();
    this.ticks += 1;
    if (this.ticks % this.options.clock !== 0 || this.all.n <= this.options.grace) return false;
    let changed = false;
    while (this.hasCut()) {
      changed = true;
      this.dropOldest();
    }
    return changed;
  }

  private compress(): void {
    for (let i = 0; i < this.rows.length; i++) {
      const row = this.rows[i] as Bucket[];
      if (row.length <= this.options.maxBuckets) return;
      const [a = EMPTY, b = EMPTY] = row.splice(0, 2);
      const next = this.rows[i + 1];
      if (next === undefined) this.rows.push([joined(a, b)]);
      else next.push(joined(a, b));
    }
  }

  private dropOldest(): void {
    const row = this.rows.at(-1);
    const oldest = row?.shift();
    if (oldest !== undefined) this.all = without(this.all, oldest);
    if (row?.length === 0 && this.rows.length > 1) this.rows.pop();
  }

  /** Whether some split between buckets separates two windows of different means. */
  private hasCut(): boolean {
    let [n, total] = [0, 0];
    for (let i = this.rows.length - 1; i >= 0; i--) {
      const row = this.rows[i] as Bucket[];
      for (const bucket of row) {
        n += bucket.n;
        total += bucket.total;
        if (this.separates(n, total)) return true;
      }
    }
    return false;
  }

  private separates(n0: number, total0: number): boolean {
    const { minWindow, delta } = this.options;
    const { n, total, spread } = this.all;
    const n1 = n - n0;
    if (n0 < minWindow || n1 < minWindow) return false;
    const inverse = 1 / (n0 - minWindow + 1) + 1 / (n1 - minWindow + 1);
    const log = Math.log((2 * Math.log(n)) / delta);
    const bound = Math.sqrt(2 * inverse * (spread / n) * log) + (2 / 3) * inverse * log;
    return Math.abs(total0 / n0 - (total - total0) / n1) > bound;
  }
}

/** ADWIN2 (Bifet & Gavaldà, SIAM Data Mining 2007), as in river's drift.ADWIN: after an alarm it starts empty at the next value. */
export function adwin(
  values: readonly number[],
  options: AdwinOptions,
): { alarms: number[]; width: number; mean: number } {
  const alarms: number[] = [];
  let window = new Window(options);
  let fresh = false;
  for (let i = 0; i < values.length; i++) {
    if (fresh) window = new Window(options);
    fresh = window.add(at(values, i));
    if (fresh) alarms.push(i);
  }
  return { alarms, width: window.all.n, mean: window.all.n === 0 ? 0 : window.all.total / window.all.n };
}
