/** A value that may be frequent: it was seen from `count` to `count + error` times. */
export interface Frequent {
  readonly value: string;
  readonly count: number;
}

/** By count, then by value: the same bits whatever the order of the merges' arguments. */
const byCount = (a: readonly [string, number], b: readonly [string, number]): number =>
  b[1] - a[1] || (a[0] < b[0] ? -1 : 1);

/**
 * The most frequent values in k counters (Misra & Gries, Science of Computer Programming 2 (1982)); merged as Agarwal, Cormode,
 * Huang, Phillips, Wei & Yi, "Mergeable summaries" (PODS 2012), theorem 2.2. A count is too low by at most `error` ≤ n/(k + 1), never
 * too high: a value with more than that share is always among them.
 */
export class MisraGries {
  readonly k: number;
  private n = 0;
  private lost = 0;
  private counters = new Map<string, number>();

  /** k of at least 1; throws RangeError otherwise. */
  constructor(k = 100) {
    if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`Cannot keep ${k} counters: give 1 or more`);
    this.k = k;
  }

  static of(values: Iterable<string>, k = 100): MisraGries {
    const sketch = new MisraGries(k);
    for (const value of values) sketch.add(value);
    return sketch;
  }

  get total(): number {
    return this.n;
  }

  /** How much any count may be too low. */
  get error(): number {
    return this.lost;
  }

  add(value: string): void {
    this.n += 1;
    this.counters.set(value, (this.counters.get(value) ?? 0) + 1);
    if (this.counters.size > this.k) this.shrink();
  }

  /** The sketch of both; neither is changed. Throws RangeError when their k differ. */
  merge(other: MisraGries): MisraGries {
    if (other.k !== this.k) throw new RangeError(`Cannot merge ${this.k} counters with ${other.k}`);
    const merged = new MisraGries(this.k);
    merged.n = this.n + other.n;
    merged.lost = this.lost + other.lost;
    merged.counters = new Map(this.counters);
    for (const [value, count] of other.counters)
      merged.counters.set(value, (merged.counters.get(value) ?? 0) + count);
    if (merged.counters.size > merged.k) merged.shrink();
    return merged;
  }

  /** Most frequent first, equal ones by value. */
  top(): Frequent[] {
    return [...this.counters].sort(byCount).map(([value, count]) => ({ value, count }));
  }

  /** Takes the (k + 1)-th greatest count off all of them, so that at most k are left. */
  private shrink(): void {
    const sorted = [...this.counters].sort(byCount);
    const off = sorted[this.k]?.[1] ?? 0;
    this.lost += off;
    this.counters = new Map(
      sorted.map(([value, count]): [string, number] => [value, count - off]).filter(([, count]) => count > 0),
    );
  }
}
