import { AssayError } from '@assay/domain/errors';
import { modeFor, SIGNATURE_FILE, type SignatureFinding } from '@assay/domain/model-check/signing-policy';
import { openBundle } from './bundle.ts';
import { type Manifest, parseStatement } from './statement.ts';
import type { TrustedSigners } from './trusted-signers.ts';

/** What model_signing leaves out of every model by default. */
export const NEVER_SIGNED = ['.git', '.gitattributes', '.github', '.gitignore'];

export interface DigestedFile {
  /** Relative to the version's folder. */
  readonly path: string;
  /** Hex; null: it was not read. */
  readonly sha256: string | null;
}

export interface Signed {
  readonly family: string | null;
  readonly files: readonly DigestedFile[];
  /** SHA-256 of the file that is served; null where there is none. */
  readonly served: string | null;
  /** Texts of the bundle, where there is one; the tag counts first: it may have been put there because of the file. */
  readonly bundles: { readonly tag: string | null; readonly file: string | null };
}

/** Holds a version against the policy. A bad signature is a finding, not an error. */
export function judgeSignature(signers: TrustedSigners, signed: Signed): SignatureFinding {
  const mode = modeFor(signers.policy, signed.family);
  const source = sourceOf(signed);
  const said = { mode, source, policy: signers.digest };
  const bundle = signed.bundles.tag ?? signed.bundles.file;
  if (mode === 'off') return { ...said, status: 'off', signer: null, value: 'not asked for' };
  if (bundle === null) {
    const status = mode === 'required' ? 'refused' : 'unsigned';
    return { ...said, status, signer: null, value: 'it is not signed' };
  }
  try {
    const { signer, manifest } = opened(signers, bundle);
    assertSame(manifest, signed);
    const value = `${manifest.resources.length} files as "${signer}" signed them`;
    return { ...said, status: 'verified', signer, value };
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    return { ...said, status: 'refused', signer: null, value: cause.message };
  }
}

function sourceOf({ bundles }: Signed): SignatureFinding['source'] {
  if (bundles.tag !== null) return 'tag';
  return bundles.file === null ? null : 'file';
}

/** By the first trusted key that fits. Throws SIGNATURE_INVALID. */
function opened(
  { keys }: TrustedSigners,
  bundle: string,
): { readonly signer: string; readonly manifest: Manifest } {
  const faults: string[] = [];
  for (const { name, key } of keys) {
    try {
      return { signer: name, manifest: parseStatement(openBundle(bundle, key)) };
    } catch (cause) {
      if (!(cause instanceof AssayError)) throw cause;
      faults.push(`"${name}": ${cause.message.replace('Cannot verify the model: ', '')}`);
    }
  }
  throw new AssayError('SIGNATURE_INVALID', `no trusted key has signed it: ${faults.join('; ')}`);
}

/** Throws SIGNATURE_INVALID naming the files that differ. */
function assertSame(manifest: Manifest, { files, served, bundles }: Signed): void {
  const own = bundles.tag === null ? [SIGNATURE_FILE] : [];
  const faults = differences(manifest, files, own);
  if (served === null || !manifest.resources.some((r) => r.digest === served))
    faults.push(`the file that is served (SHA-256 ${served ?? 'unknown'}) was not signed`);
  if (faults.length > 0) throw new AssayError('SIGNATURE_INVALID', faults.slice(0, 10).join('; '));
}

/** What is missing, changed or was not signed; `ignored` on top of what the signer left out. */
export function differences(
  manifest: Manifest,
  files: readonly DigestedFile[],
  ignored: readonly string[],
): string[] {
  const left = [...NEVER_SIGNED, ...ignored, ...manifest.ignored];
  const counted = files.filter((f) => !left.some((p) => f.path === p || f.path.startsWith(`${p}/`)));
  const found = new Map(counted.map((f) => [f.path, f.sha256 ?? 'not read']));
  const signed = new Map(manifest.resources.map((r) => [r.name, r.digest]));
  return [
    ...[...signed].filter(([name]) => !found.has(name)).map(([name]) => `"${name}" is missing`),
    ...[...signed]
      .filter(([name, digest]) => found.has(name) && found.get(name) !== digest)
      .map(([name, digest]) => `"${name}" is ${found.get(name)}, signed was ${digest}`),
    ...[...found].filter(([name]) => !signed.has(name)).map(([name]) => `"${name}" was not signed`),
  ];
}
