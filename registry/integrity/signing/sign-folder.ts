import { readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { listFolder, sha256Of } from '../files.ts';
import { bundleOf, openBundle, readKey } from './bundle.ts';
import { differences, NEVER_SIGNED } from './judge-signature.ts';
import { type Manifest, parseStatement, type Resource, statementOf } from './statement.ts';

const MAX_FILES = 100_000;

export interface FolderSignature {
  readonly folder: string;
  readonly signatureFile: string;
  readonly keyFile: string;
}

const text = async (file: string, what: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AssayError('NOT_FOUND', `Cannot read the ${what} "${file}"`, { cause });
  });

/** Signs SHA-256 of every file of a folder. Throws NOT_FOUND, KEY_INVALID, REQUEST_INVALID for a folder with links. */
export async function signFolder({ folder, signatureFile, keyFile }: FolderSignature): Promise<Manifest> {
  const key = readKey(await text(keyFile, 'private key'), 'private');
  const ignored = [...NEVER_SIGNED, ...inside(folder, signatureFile)];
  const resources = await digestsOf(folder, ignored, 'REQUEST_INVALID');
  if (resources.length === 0)
    throw new AssayError('REQUEST_INVALID', `Cannot sign "${folder}": there is no file in it`);
  const manifest = { model: basename(resolve(folder)), resources, ignored };
  await writeFile(`${signatureFile}.tmp`, bundleOf(statementOf(manifest), key));
  await rename(`${signatureFile}.tmp`, signatureFile);
  return manifest;
}

/** Throws SIGNATURE_INVALID naming every file that differs, NOT_FOUND, KEY_INVALID. */
export async function verifyFolder({ folder, signatureFile, keyFile }: FolderSignature): Promise<Manifest> {
  const key = readKey(await text(keyFile, 'public key'), 'public');
  const manifest = parseStatement(openBundle(await text(signatureFile, 'signature'), key));
  const ignored = [...NEVER_SIGNED, ...manifest.ignored, ...inside(folder, signatureFile)];
  const found = await digestsOf(folder, ignored, 'SIGNATURE_INVALID');
  const faults = differences(
    manifest,
    found.map((r) => ({ path: r.name, sha256: r.digest })),
    ignored,
  );
  if (faults.length > 0)
    throw new AssayError('SIGNATURE_INVALID', `Cannot verify "${folder}": ${faults.slice(0, 10).join('; ')}`);
  return manifest;
}

/** The signature's own path, where it lies in the folder that it signs. */
function inside(folder: string, file: string): string[] {
  const path = relative(resolve(folder), resolve(file)).replaceAll('\\', '/');
  return path.startsWith('../') || path === '' ? [] : [path];
}

async function digestsOf(
  folder: string,
  ignored: readonly string[],
  code: 'REQUEST_INVALID' | 'SIGNATURE_INVALID',
): Promise<Resource[]> {
  const entries = await listFolder(folder, MAX_FILES).catch((cause: unknown) => {
    throw new AssayError('NOT_FOUND', `Cannot read the folder "${folder}"`, { cause });
  });
  if (entries.length > MAX_FILES)
    throw new AssayError(code, `Cannot digest "${folder}": it holds more than ${MAX_FILES} files`);
  const counted = entries.filter((e) => !ignored.some((p) => e.path === p || e.path.startsWith(`${p}/`)));
  const resources: Resource[] = [];
  for (const { path, kind } of counted) {
    if (kind !== 'file') throw new AssayError(code, `Cannot digest "${folder}": "${path}" is no plain file`);
    resources.push({ name: path, algorithm: 'sha256', digest: await sha256Of(join(folder, path)) });
  }
  return resources;
}
