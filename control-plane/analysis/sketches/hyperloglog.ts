import { sha256, utf8 } from '@assay/domain/sha256';

/** Σ x^(2^k)·2^(k−1) (Ertl 2017, algorithm 6): what empty registers add. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let [power, weight, total] = [x, 1, x];
  for (let before = -1; before !== total; ) {
    before = total;
    power *= power;
    total += power * weight;
    weight += weight;
  }
  return total;
}

/** The same for registers that are full. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [power, weight, total] = [x, 1, 1 - x];
  for (let before = -1; before !== total; ) {
    before = total;
    power = Math.sqrt(power);
    weight *= 0.5;
    total -= (1 - power) ** 2 * weight;
  }
  return total / 3;
}

/**
 * Distinct values in 2^p bytes: HyperLogLog (Flajolet, Fusy, Gandouet & Meunier, AofA 2007) with the estimator of Ertl, "New
 * cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 8, which needs no tables. Standard error 1.04/√2^p.
 * Merging is a maximum: in any order, and with what was seen twice, the same bits.
 */
export class HyperLogLog {
  readonly p: number;
  readonly registers: Uint8Array;

  /** p from 4 to 18; throws RangeError otherwise. Registers of a stored sketch may be given. */
  constructor(p = 12, registers: Uint8Array = new Uint8Array(2 ** p)) {
    if (!(Number.isInteger(p) && p >= 4 && p <= 18) || registers.length !== 2 ** p)
      throw new RangeError(`Cannot make a HyperLogLog of p = ${p} with ${registers.length} registers`);
    this.p = p;
    this.registers = registers;
  }

  static of(values: Iterable<string>, p = 12): HyperLogLog {
    const sketch = new HyperLogLog(p);
    for (const value of values) sketch.add(value);
    return sketch;
  }

  get standardError(): number {
    return 1.04 / Math.sqrt(this.registers.length);
  }

  /** Hashed by SHA-256: the first p bits choose the register, the next 32 give the rank. */
  add(value: string): void {
    const bytes = sha256(utf8(value));
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const index = view.getUint32(0) >>> (32 - this.p);
    const rank = Math.clz32(view.getUint32(4)) + 1;
    this.registers[index] = Math.max(this.registers[index] ?? 0, rank);
  }

  /** The sketch of both; neither is changed. Throws RangeError when their p differ. */
  merge(other: HyperLogLog): HyperLogLog {
    if (other.p !== this.p) throw new RangeError(`Cannot merge HyperLogLogs of p = ${this.p} and ${other.p}`);
    return new HyperLogLog(
      this.p,
      this.registers.map((rank, i) => Math.max(rank, other.registers[i] ?? 0)),
    );
  }

  estimate(): number {
    const m = this.registers.length;
    const highest = 33;
    const counts = new Array<number>(highest + 1).fill(0);
    for (const rank of this.registers) counts[rank] = (counts[rank] ?? 0) + 1;
    let z = m * tau(1 - (counts[highest] ?? 0) / m);
    for (let rank = highest - 1; rank >= 1; rank--) z = 0.5 * (z + (counts[rank] ?? 0));
    z += m * sigma((counts[0] ?? 0) / m);
    return (m * m) / (2 * Math.LN2 * z);
  }
}
