// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes a step ("slicing-by-8", Kounavis and Berry 2005).
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
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
const b = (bytes: Uint8Array, i: number): number => bytes[i] as number;

export function crc32c(bytes: Uint8Array): number {
  let c = -1;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    const low =
      c ^ (b(bytes, i) | (b(bytes, i + 1) << 8) | (b(bytes, i + 2) << 16) | (b(bytes, i + 3) << 24));
    c =
      t(7, low) ^
      t(6, low >>> 8) ^
      t(5, low >>> 16) ^
      t(4, low >>> 24) ^
      t(3, b(bytes, i + 4)) ^
      t(2, b(bytes, i + 5)) ^
      t(1, b(bytes, i + 6)) ^
      t(0, b(bytes, i + 7));
  }
  for (; i < bytes.length; i++) c = t(0, c ^ b(bytes, i)) ^ (c >>> 8);
  return ~c >>> 0;
}
