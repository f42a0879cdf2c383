import { createHash, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { NO_SIGNING, parseSigningPolicy, type SigningPolicy } from '@assay/domain/model-check/signing-policy';
import { readKey } from './bundle.ts';

/** A signing policy with its keys read. */
export interface TrustedSigners {
  readonly policy: SigningPolicy;
  readonly keys: readonly { readonly name: string; readonly key: KeyObject }[];
  /** SHA-256 over policy and keys; null: nothing is asked. */
  readonly digest: string | null;
}

export const NO_SIGNERS: TrustedSigners = { policy: NO_SIGNING, keys: [], digest: null };

/** Reads what a process trusts; no file named: nothing is asked. Throws CONFIG_INVALID, POLICY_INVALID, KEY_INVALID. */
export async function readSigners(file: string | undefined): Promise<TrustedSigners> {
  if (file === undefined) return NO_SIGNERS;
  const text = await readNamed(file, 'signing policy');
  const policy = parseSigningPolicy(text);
  const hash = createHash('sha256').update(text);
  const keys: { name: string; key: KeyObject }[] = [];
  for (const [name, path] of Object.entries(policy.keys)) {
    const pem = await readNamed(resolve(dirname(file), path), `key "${name}" of the signing policy`);
    keys.push({ name, key: readKey(pem, 'public') });
    hash.update(`\0${name}\0${pem}`);
  }
  return { policy, keys, digest: hash.digest('hex') };
}

const readNamed = (file: string, what: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AssayError('CONFIG_INVALID', `Cannot read the ${what}: "${file}"`, {
      cause,
      field: 'ASSAY_SIGNING_POLICY',
    });
  });
