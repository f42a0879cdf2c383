// CRC-32C (Castagnoli, RFC 3720 appendix B.4), sixteen bytes a step, read as four words ("slicing", Kounavis and Berry 2005).
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;
const tables = new Int32Array(256 * SLICES);

function fillTables(): void {
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1;
    tables[n] = c;
  }
  for (let n = 0; n < 256; n++) {
    let c = tables[n] as number;
    for (let s = 1; s < SLICES; s++) {
      c = (tables[c & 0xff] as number) ^ (c >>> 8);
      tables[s * 256 + n] = c;
    }
  }
}
fillTables();

const t = (slice: number, byte: number): number => tables[slice * 256 + (byte & 0xff)] as number;
/** Four bytes, little-endian: what they add when `slice` bytes and more follow in the step. */
const word = (slice: number, w: number): number =>
  t(slice + 3, w) ^ t(slice + 2, w >>> 8) ^ t(slice + 1, w >>> 16) ^ t(slice, w >>> 24);

/** Records lie in few buffers, one after the other: the last one's words are kept. */
let words = new Int32Array(0);

function wordsOf({ buffer }: Uint8Array): Int32Array {
  if (words.buffer !== buffer) words = new Int32Array(buffer as ArrayBuffer, 0, buffer.byteLength >>> 2);
  return words;
}

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export function crc32c(bytes: Uint8Array): number {
  const { length, byteOffset } = bytes;
  let c = -1;
  let i = 0;
  const aligned = isLittleEndian ? Math.min(length, -byteOffset & 3) : length;
  for (; i < aligned; i++) c = t(0, c ^ (bytes[i] as number)) ^ (c >>> 8);
  if (length - i >= 16) {
    const all = wordsOf(bytes);
    let at = (byteOffset + i) >>> 2;
    for (; length - i >= 16; i += 16, at += 4)
      c =
        word(12, c ^ (all[at] as number)) ^
        word(8, all[at + 1] as number) ^
        word(4, all[at + 2] as number) ^
        word(0, all[at + 3] as number);
  }
  for (; i < length; i++) c = t(0, c ^ (bytes[i] as number)) ^ (c >>> 8);
  return ~c >>> 0;
}
