const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;
const MOST_FIELDS = 32;
const NONE = -1;

/**
 * Where the fields of one protobuf message lie in its bytes (protobuf.dev, "Encoding"); nothing is decoded. Made once, read into
 * again and again. Fields from number 32 on are passed over, as proto3 does with those that it does not know.
 */
export class WireRecord {
  bytes: Buffer = Buffer.alloc(0);
  /** By occurrence: where its value begins and ends. */
  readonly start: number[] = [];
  readonly end: number[] = [];
  readonly #next: number[] = [];
  readonly #first = new Int32Array(MOST_FIELDS);
  readonly #last = new Int32Array(MOST_FIELDS);
  #at = 0;
  #count = 0;

  /** Throws RangeError where the bytes are no message. */
  read(bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes;
    this.#first.fill(NONE);
    this.#last.fill(NONE);
    this.#count = 0;
    this.#at = from;
    while (this.#at < to) {
      const tag = this.#varint();
      this.#value(tag & 7, to);
      this.#note(tag >>> 3);
    }
    if (this.#at !== to) throw new RangeError('a record ends within a field');
  }

  #value(type: number, to: number): void {
    let length = 0;
    if (type === LENGTH) length = this.#varint();
    this.start[this.#count] = this.#at;
    if (type === VARINT) this.#varint();
    else if (type === FIXED64) length = 8;
    else if (type === FIXED32) length = 4;
    else if (type !== LENGTH) throw new RangeError(`a record has a field of wire type ${type}`);
    this.#at += length;
    if (this.#at > to) throw new RangeError('a record is shorter than it says');
    this.end[this.#count] = this.#at;
  }

  #note(field: number): void {
    if (field >= MOST_FIELDS) return;
    const i = this.#count++;
    const before = this.#last[field] as number;
    if (before === NONE) this.#first[field] = i;
    else this.#next[before] = i;
    this.#next[i] = NONE;
    this.#last[field] = i;
  }

  /** Up to 2^53; what is larger comes out rounded, and `i64` reads it. */
  #varint(): number {
    const { bytes } = this;
    let byte = bytes[this.#at++] as number;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      byte = bytes[this.#at++] as number;
      if (byte === undefined) throw new RangeError('a record ends within a number');
      value += (byte & 0x7f) * scale;
    }
    return value;
  }

  /** Occurrence that counts of a field that comes once: the last. -1 where there is none. */
  last(field: number): number {
    return this.#last[field] as number;
  }

  first(field: number): number {
    return this.#first[field] as number;
  }

  /** The same field's occurrence after this one; -1 after the last. */
  next(occurrence: number): number {
    return this.#next[occurrence] as number;
  }

  /** A field of varints that is not negative; 0 where it is absent. */
  whole(field: number): number {
    const i = this.last(field);
    if (i === NONE) return 0;
    this.#at = this.start[i] as number;
    return this.#varint();
  }

  /** Is the field this text? */
  isText(field: number, text: Buffer): boolean {
    const i = this.last(field);
    const start = i === NONE ? 0 : (this.start[i] as number);
    if ((i === NONE ? 0 : (this.end[i] as number) - start) !== text.length) return false;
    for (let k = 0; k < text.length; k++) if (this.bytes[start + k] !== text[k]) return false;
    return true;
  }

  text(field: number): string {
    const i = this.last(field);
    return i === NONE ? '' : this.bytes.toString('utf8', this.start[i], this.end[i]);
  }
}
