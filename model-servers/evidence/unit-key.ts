import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateAfter, utf8, wordsAfter, writeWords } from '@assay/domain/sha256';

const BLOCK_BYTES = 64;

/** HMAC (RFC 2104) with its two key blocks hashed once a secret: Node's own Hmac spends most of its time on the key. */
interface Keyed {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

const keyed = new WeakMap<Buffer, Keyed>();

function keyedBy(secret: Buffer): Keyed {
  const known = keyed.get(secret);
  if (known !== undefined) return known;
  const key = secret.length > BLOCK_BYTES ? createHash('sha256').update(secret).digest() : secret;
  const block = (pad: number): Uint8Array =>
    Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (key[i] ?? 0) ^ pad);
  const made = { inner: stateAfter(block(0x36)), outer: stateAfter(block(0x5c)) };
  keyed.set(secret, made);
  return made;
}

const DIGEST_BYTES = 32;
const KEY_BYTES = 16;
const digest = Buffer.alloc(DIGEST_BYTES);

/** Keyed hash that stands for a unit in evidence: hex of the first 16 bytes of HMAC-SHA256(secret, unit id). */
export function unitKey(secret: Buffer, unitId: string): string {
  const { inner, outer } = keyedBy(secret);
  writeWords(wordsAfter(inner, BLOCK_BYTES, utf8(unitId)), digest);
  writeWords(wordsAfter(outer, BLOCK_BYTES, digest), digest);
  return digest.toString('hex', 0, KEY_BYTES);
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
