const FIRST_BYTES = 4096;
/** What a giant record made larger is let go. */
const KEPT_BYTES = 32 * 2 ** 20;

/** Bytes that are appended to; numbers little-endian. */
export class Growing {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written so far; good until more is. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The buffer itself, of which what was written is the beginning; another one after anything is appended. */
  get all(): Buffer {
    return this.#bytes;
  }

  /** Where the next `count` bytes go; the caller fills them. */
  room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }

  /** Memory is kept: getting it anew from the system costs more than what is written into it. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Are these the same bytes? */
  equals(other: Growing): boolean {
    if (other.#length !== this.#length) return false;
    for (let i = 0; i < this.#length; i++) if (this.#bytes[i] !== other.#bytes[i]) return false;
    return true;
  }

  byte(value: number): void {
    this.#bytes[this.room(1)] = value;
  }

  /** Overwrites the last byte. */
  lastByte(value: number): void {
    this.#bytes[this.#length - 1] = value;
  }

  u32(value: number): void {
    const at = this.room(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  i64(value: bigint): void {
    const at = this.room(8);
    this.#bytes.writeBigInt64LE(value, at);
  }

  /** A whole number from 0 to 2^53. */
  whole(value: number): void {
    const at = this.room(8);
    this.#bytes.writeUInt32LE(value >>> 0, at);
    this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
  }

  f64(value: number): void {
    const at = this.room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** Unsigned LEB128. */
  varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80);
    this.byte(rest);
  }

  copy(from: Buffer, start: number, end: number): void {
    const length = end - start;
    const at = this.room(length);
    // A call into native code costs more than so few steps
    if (length > SHORT) from.copy(this.#bytes, at, start, end);
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = from[start + i] as number;
  }
}

const SHORT = 48;

/** Whole numbers below 2^32 that are appended to. */
export class Numbers {
  #values = new Uint32Array(FIRST_BYTES / 4);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  /** What was pushed so far; good until more is. */
  get written(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    if (this.#values.byteLength > KEPT_BYTES) this.#values = new Uint32Array(FIRST_BYTES / 4);
  }
}
