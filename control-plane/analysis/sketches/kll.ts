import { at } from '../numeric/sum.ts';

/** Share of a level's capacity that the level beneath it has. */
const DECAY = 2 / 3;
const LEAST_CAPACITY = 8;

/** What a sketch is kept as: plain numbers, to store and to send. */
export interface KllState {
  readonly k: number;
  readonly n: number;
  /** null while it is empty: JSON has no infinity. */
  readonly min: number | null;
  readonly max: number | null;
  /** Items of level h stand for 2^h values each. */
  readonly levels: readonly (readonly number[])[];
  readonly compactions: readonly number[];
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * 0 or 1 by level, number of its compactions and the item in the middle: a fixed coin, so that the same values give the same sketch,
 * and another one for other values, so that the errors of sketches to be merged do not all lean one way.
 */
function coin(level: number, compaction: number, middle: number): number {
  double[0] = middle;
  let h = Math.imul(level + 1, 0x9e3779b1) ^ Math.imul(compaction + 1, 0x85ebca6b);
  for (const word of words) {
    h = Math.imul(h ^ word ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  }
  return (h ^ (h >>> 16)) & 1;
}

/** Items of one level less those that move up, each of which then stands for two; an odd one stays. */
function halve(items: number[], level: number, compaction: number): { kept: number[]; moved: number[] } {
  const sorted = items.sort((a, b) => a - b);
  const offset = coin(level, compaction, at(sorted, sorted.length >> 1));
  const kept = sorted.length % 2 === 1 ? [at(sorted, sorted.length - 1)] : [];
  const moved: number[] = [];
  for (let i = offset; i < sorted.length - kept.length; i += 2) moved.push(at(sorted, i));
  return { kept, moved };
}

/**
 * Quantile sketch of Karnin, Lang & Liberty (FOCS 2016): about 3k numbers for any count of values. Ranks are off by at most
 * `rankError` of n, with 99 % for values that were not chosen against it. Merging is commutative to the bit, and keeps the error.
 */
export class Kll {
  private readonly k: number;
  private n = 0;
  private min = Infinity;
  private max = -Infinity;
  private levels: number[][] = [[]];
  private compactions: number[] = [0];

  /** k from 8 to 65,535; throws RangeError otherwise. */
  constructor(k = 200) {
    if (!(Number.isInteger(k) && k >= 8 && k <= 65_535))
      throw new RangeError(`Cannot make a KLL sketch: k is ${k}, it must be a whole number from 8 to 65535`);
    this.k = k;
  }

  static of(values: Iterable<number>, k = 200): Kll {
    const sketch = new Kll(k);
    for (const value of values) sketch.add(value);
    return sketch;
  }

  static from(state: KllState): Kll {
    const sketch = new Kll(state.k);
    sketch.n = state.n;
    sketch.min = state.min ?? Infinity;
    sketch.max = state.max ?? -Infinity;
    sketch.levels = state.levels.map((level) => [...level]);
    sketch.compactions = [...state.compactions];
    return sketch;
  }

  get count(): number {
    return this.n;
  }

  /** Of a rank (0.0133 at k = 200), as Apache DataSketches measured for these capacities. */
  get rankError(): number {
    return this.n <= this.k ? 0 : 2.296 / this.k ** 0.9723;
  }

  state(): KllState {
    const { k, n, levels, compactions } = this;
    const [min, max] = n === 0 ? [null, null] : [this.min, this.max];
    return { k, n, min, max, levels: levels.map((level) => [...level]), compactions: [...compactions] };
  }

  /** A number; NaN and infinities throw RangeError. */
  add(value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`Cannot add ${value} to a sketch: it is not finite`);
    this.n += 1;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    (this.levels[0] as number[]).push(value);
    if ((this.levels[0] as number[]).length >= this.capacity(0)) this.compress();
  }

  /** The sketch of both samples; neither is changed. Their k must be the same: else RangeError. */
  merge(other: Kll): Kll {
    if (other.k !== this.k) throw new RangeError(`Cannot merge sketches of k = ${this.k} and k = ${other.k}`);
    const merged = new Kll(this.k);
    merged.n = this.n + other.n;
    merged.min = Math.min(this.min, other.min);
    merged.max = Math.max(this.max, other.max);
    const height = Math.max(this.levels.length, other.levels.length);
    const levels = Array.from({ length: height }, (_, h) => [
      ...(this.levels[h] ?? []),
      ...(other.levels[h] ?? []),
    ]);
    merged.levels = levels.map((level) => level.sort((a, b) => a - b));
    merged.compactions = levels.map((_, h) => (this.compactions[h] ?? 0) + (other.compactions[h] ?? 0));
    merged.compress();
    return merged;
  }

  /** Values in order, each with how many it stands for; the weights add to `count`. Takes the place of the sample in ks, wasserstein. */
  weighted(): { values: number[]; weights: number[] } {
    const all = this.levels.flatMap((level, h) => level.map((value) => ({ value, weight: 2 ** h })));
    all.sort((a, b) => a.value - b.value || a.weight - b.weight);
    return { values: all.map(({ value }) => value), weights: all.map(({ weight }) => weight) };
  }

  /** Share of the values at most x. */
  rank(x: number): number {
    const { values, weights } = this.weighted();
    let below = 0;
    for (const [i, value] of values.entries()) if (value <= x) below += at(weights, i);
    return below / this.n;
  }

  /** A value whose rank is q, to rankError; 0 and 1 give the exact ends. NaN of an empty sketch. */
  quantile(q: number): number {
    if (this.n === 0) return Number.NaN;
    if (q <= 0) return this.min;
    if (q >= 1) return this.max;
    const { values, weights } = this.weighted();
    let below = 0;
    for (const [i, value] of values.entries()) {
      below += at(weights, i);
      if (below >= q * this.n) return value;
    }
    return this.max;
  }

  private capacity(level: number): number {
    return Math.max(LEAST_CAPACITY, Math.ceil(this.k * DECAY ** (this.levels.length - level - 1)));
  }

  /** Halves every level that is full, from the bottom; a new top level makes those beneath it smaller. */
  private compress(): void {
    for (let h = 0; h < this.levels.length; h++) {
      const items = this.levels[h] as number[];
      if (items.length < this.capacity(h)) continue;
      if (h + 1 === this.levels.length) {
        this.levels.push([]);
        this.compactions.push(0);
      }
      const { kept, moved } = halve(items, h, at(this.compactions, h));
      this.compactions[h] = at(this.compactions, h) + 1;
      this.levels[h] = kept;
      (this.levels[h + 1] as number[]).push(...moved);
    }
  }
}
