import { createHash, hash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longest unit id in UTF-8; the server takes 512 characters. */
const LONGEST_BYTES = 4 * 512;

/** HMAC (RFC 2104) with its two key blocks laid out once a secret: Node's own Hmac spends most of its time on the key. */
interface Keyed {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

const keyed = new WeakMap<Buffer, Keyed>();

function keyedBy(secret: Buffer): Keyed {
  const known = keyed.get(secret);
  if (known !== undefined) return known;
  const key = secret.length > BLOCK_BYTES ? createHash('sha256').update(secret).digest() : secret;
  const made = {
    inner: Buffer.alloc(BLOCK_BYTES + LONGEST_BYTES, 0x36),
    outer: Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c),
  };
  for (const [i, byte] of key.entries()) {
    made.inner[i] = byte ^ 0x36;
    made.outer[i] = byte ^ 0x5c;
  }
  keyed.set(secret, made);
  return made;
}

/** Keyed hash that stands for a unit in evidence: hex of the first 16 bytes of HMAC-SHA256(secret, unit id). */
export function unitKey(secret: Buffer, unitId: string): string {
  const { inner, outer } = keyedBy(secret);
  const bytes = Buffer.byteLength(unitId);
  const message =
    bytes <= LONGEST_BYTES ? inner : Buffer.concat([inner.subarray(0, BLOCK_BYTES), Buffer.alloc(bytes)]);
  message.write(unitId, BLOCK_BYTES);
  hash('sha256', message.subarray(0, BLOCK_BYTES + bytes), 'buffer').copy(outer, BLOCK_BYTES);
  return hash('sha256', outer, 'hex').slice(0, 32);
}

const SECRET_BYTES = 32;

/** Stand-alone servers have nobody who gives them a key: theirs lies beside the evidence, for its owner only. */
export function localSecret(evidenceDir: string): Buffer {
  const file = join(evidenceDir, 'unit-key');
  mkdirSync(evidenceDir, { recursive: true });
  try {
    writeFileSync(file, randomBytes(SECRET_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  return readFileSync(file);
}

/** Until the control plane has sent the key (it is never on a server's disk) keys are this process's own. */
export const passingSecret = (): Buffer => randomBytes(SECRET_BYTES);
