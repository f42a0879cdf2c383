import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;
const RANDOM_BYTES = 10;
const pool = Buffer.allocUnsafe(POOL_BYTES);
let used = POOL_BYTES;

/** UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, 74 random bits; sorts by time. */
export function uuidV7(atMs: number): string {
  if (used + RANDOM_BYTES > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const time = Math.floor(atMs).toString(16).padStart(12, '0');
  pool[used] = ((pool[used] as number) & 0x0f) | 0x70;
  pool[used + 2] = ((pool[used + 2] as number) & 0x3f) | 0x80;
  const r = pool.toString('hex', used, used + RANDOM_BYTES);
  used += RANDOM_BYTES;
  return `${time.slice(0, 8)}-${time.slice(8)}-${r.slice(0, 4)}-${r.slice(4, 8)}-${r.slice(8)}`;
}
