import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keyed hash that stands for a unit in evidence: hex of the first 16 bytes of HMAC-SHA256(secret, unit id). */
export const unitKey = (secret: Buffer, unitId: string): string =>
  createHmac('sha256', secret).update(unitId).digest('hex').slice(0, 32);

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
