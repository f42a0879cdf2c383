import { readFile } from 'node:fs/promises';
import { AssayError } from '@assay/domain/errors';
import { SIGNATURE_FILE, SIGNATURE_TAG } from '@assay/domain/model-check/signing-policy';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import { bundleOf, openBundle, readKey } from '@assay/registry-integrity/signing/bundle';
import { differences, NEVER_SIGNED } from '@assay/registry-integrity/signing/judge-signature';
import { type Manifest, parseStatement, statementOf } from '@assay/registry-integrity/signing/statement';
import { bundlesOf } from './signature-check.ts';

export interface VersionKey {
  readonly registry: ModelRegistry;
  readonly model: string;
  readonly version: string;
  readonly keyFile: string;
}

const keyText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AssayError('NOT_FOUND', `Cannot read the key "${file}"`, { cause });
  });

/**
 * Signs what the registry holds as a version, into the version's tag, so that the signature covers what its client wrote too
 * (MLmodel). Throws NOT_FOUND, KEY_INVALID, REQUEST_INVALID where there is no file.
 */
export async function signVersion({ registry, model, version, keyFile }: VersionKey): Promise<Manifest> {
  const key = readKey(await keyText(keyFile), 'private');
  const ignored = [...NEVER_SIGNED, SIGNATURE_FILE];
  const files = (await registry.digests(model, version)).filter(
    ({ path }) => !ignored.some((p) => path === p || path.startsWith(`${p}/`)),
  );
  if (files.length === 0)
    throw new AssayError(
      'REQUEST_INVALID',
      `Cannot sign ${model}/${version}: the registry holds no file of it`,
    );
  const resources = files.map(({ path, sha256 }) => ({
    name: path,
    algorithm: 'sha256' as const,
    digest: sha256,
  }));
  const manifest = { model, resources, ignored };
  await registry.setVersionTag(model, version, SIGNATURE_TAG, bundleOf(statementOf(manifest), key));
  return manifest;
}

/** Signs versions with one key; none named: nobody signs. Throws NOT_FOUND, KEY_INVALID at once. */
export async function versionSigner(
  registry: ModelRegistry,
  keyFile: string | undefined,
): Promise<((model: string, version: string) => Promise<unknown>) | undefined> {
  if (keyFile === undefined) return undefined;
  readKey(await keyText(keyFile), 'private');
  return (model, version) => signVersion({ registry, model, version, keyFile });
}

/** Compares a registered version with its signature. Throws NOT_FOUND, KEY_INVALID, SIGNATURE_INVALID naming what differs. */
export async function verifyVersion({ registry, model, version, keyFile }: VersionKey): Promise<Manifest> {
  const key = readKey(await keyText(keyFile), 'public');
  const files = await registry.digests(model, version);
  const { tag, file } = await bundlesOf(registry, model, version, files);
  const bundle = tag ?? file;
  if (bundle === null)
    throw new AssayError('SIGNATURE_INVALID', `Cannot verify ${model}/${version}: it is not signed`);
  const manifest = parseStatement(openBundle(bundle, key));
  const faults = differences(manifest, files, tag === null ? [SIGNATURE_FILE] : []);
  if (faults.length > 0)
    throw new AssayError(
      'SIGNATURE_INVALID',
      `Cannot verify ${model}/${version}: ${faults.slice(0, 10).join('; ')}`,
    );
  return manifest;
}
