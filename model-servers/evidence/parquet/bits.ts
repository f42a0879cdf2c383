import type { Growing } from './growing.ts';

/** Bits that a number up to `most` takes, at least one: not every reader knows of none. */
export const widthOf = (most: number): number => Math.max(1, 32 - Math.clz32(Math.max(0, most)));

const GROUP = 8;

/**
 * Parquet's RLE/bit-packing hybrid (apache/parquet-format, Encodings.md): one run of equal values where all are equal, else all
 * of them packed with `width` bits each, lowest first.
 */
export function hybrid(into: Growing, width: number, values: ArrayLike<number>): void {
  const count = values.length;
  if (count === 0) return;
  const first = values[0] as number;
  let same = 0;
  while (same < count && values[same] === first) same++;
  if (same === count) {
    into.varint(count * 2);
    for (let bits = 0; bits < width; bits += 8) into.byte((first >>> bits) & 0xff);
    return;
  }
  const groups = Math.ceil(count / GROUP);
  into.varint(groups * 2 + 1);
  const at = into.room(groups * width);
  if (width === 1) packFlags(into.all, at, values);
  else pack(into.all, at, width, values);
}

function packFlags(bytes: Buffer, from: number, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i += GROUP) {
    let byte = 0;
    for (let k = Math.min(GROUP, values.length - i) - 1; k >= 0; k--)
      byte = (byte << 1) | (values[i + k] as number);
    bytes[from + i / GROUP] = byte;
  }
}

function pack(bytes: Buffer, from: number, width: number, values: ArrayLike<number>): void {
  let [at, pending, bits] = [from, 0, 0];
  const padded = Math.ceil(values.length / GROUP) * GROUP;
  for (let i = 0; i < padded; i++) {
    // Multiplied, not shifted: up to 7 bits wait while one of up to 32 comes
    pending += (i < values.length ? (values[i] as number) : 0) * 2 ** bits;
    for (bits += width; bits >= 8; bits -= 8) {
      bytes[at++] = pending % 256;
      pending = Math.floor(pending / 256);
    }
  }
}
