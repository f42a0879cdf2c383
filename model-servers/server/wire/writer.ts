/** Protobuf wire format into one growing buffer (protobuf.dev, "Encoding"); lengths below 2^31. */
export class WireWriter {
  buffer: Buffer;
  at: number;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafe(bytes);
    this.at = 0;
  }

  /** Room for so many bytes more. */
  room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  varint(value: number): void {
    let rest = value;
    // Past 2^31 by division: shifts would cut
    while (rest > 0x7fffffff) {
      this.buffer[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  /** A field of proto3: "" is not written. `tag` below 2^14. */
  text(tag: number, value: string): void {
    if (value !== '') this.always(tag, value);
  }

  /** The same for members of a oneof and for keys of maps, which are written when empty, too. */
  always(tag: number, value: string): void {
    const { length } = value;
    this.room(3 * length + 12);
    this.varint(tag);
    if (length > 0x7f) {
      this.#longText(value);
      return;
    }
    const { buffer } = this;
    const from = this.at + 1;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#longText(value);
        return;
      }
      buffer[from + i] = code;
    }
    buffer[this.at] = length;
    this.at = from + length;
  }

  #longText(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.varint(bytes);
    this.at += this.buffer.write(value, this.at, bytes, 'utf8');
  }

  whole(tag: number, value: number): void {
    if (value === 0) return;
    this.room(14);
    this.varint(tag);
    this.varint(value);
  }

  bytes(tag: number, value: Uint8Array): void {
    this.room(value.length + 14);
    this.varint(tag);
    this.varint(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  double(tag: number, value: number): void {
    if (value === 0) return;
    this.room(12);
    this.varint(tag);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** Begins a message inside; give what it returns to `close`. */
  open(tag: number): number {
    this.room(14);
    this.varint(tag);
    return this.at++;
  }

  /** Its length takes one byte where that is enough; else what was written moves. */
  close(from: number): void {
    const length = this.at - from - 1;
    if (length <= 0x7f) {
      this.buffer[from] = length;
      return;
    }
    const more = length < 2 ** 14 ? 1 : length < 2 ** 21 ? 2 : length < 2 ** 28 ? 3 : 4;
    this.room(more);
    this.buffer.copyWithin(from + 1 + more, from + 1, this.at);
    this.at = from;
    this.varint(length);
    this.at += length;
  }
}
