import { join } from 'node:path';
import type { Command } from 'commander';
import { asRole } from '../options.ts';
import { printJson, say } from '../output.ts';

interface Flags {
  readonly key: string;
  readonly signature?: string;
  readonly state: string;
  readonly as: string;
  readonly json?: true;
}

/**
 * `assay model sign` and `verify`: OpenSSF model signing with an EC P-256 key, as Python's model_signing does it. A folder
 * keeps its signature in a file, a registered version in its tag.
 */
export function addModelSign(model: Command): void {
  verb(model, 'sign', 'sign every file of a model folder or of a registered version', 'private');
  verb(model, 'verify', 'compare a model folder or a registered version with its signature', 'public');
}

function verb(model: Command, name: 'sign' | 'verify', text: string, key: string): void {
  model
    .command(`${name} <dir-or-model> [version]`)
    .description(text)
    .requiredOption('--key <file>', `EC P-256 ${key} key (PEM)`)
    .option('--signature <file>', 'of a folder: Sigstore bundle (default: model.sig in it)')
    .option('--state <dir>', 'of a version: state folder of the running Assay', '.assay')
    .addOption(asRole('data-scientist'))
    .option('--json', 'print the digests as JSON')
    .action((subject: string, version: string | undefined, flags: Flags) =>
      version === undefined ? ofFolder(name, subject, flags) : ofVersion(name, subject, version, flags),
    );
}

async function ofFolder(name: 'sign' | 'verify', folder: string, flags: Flags): Promise<void> {
  const { signFolder, verifyFolder } = await import('@assay/registry-integrity/signing/sign-folder');
  const signatureFile = flags.signature ?? join(folder, 'model.sig');
  const work = name === 'sign' ? signFolder : verifyFolder;
  const manifest = await work({ folder, signatureFile, keyFile: flags.key });
  if (flags.json) return printJson({ ok: true, signature: signatureFile, ...manifest });
  const done = name === 'sign' ? `signed into ${signatureFile}` : 'as signed';
  return say(`${manifest.resources.length} files ${done}`);
}

async function ofVersion(
  name: 'sign' | 'verify',
  model: string,
  version: string,
  flags: Flags,
): Promise<void> {
  const [{ signVersion, verifyVersion }, { openedRegistry }] = await Promise.all([
    import('@assay/adapters/registry/version-signing'),
    import('../opened-registry.ts'),
  ]);
  const work = name === 'sign' ? signVersion : verifyVersion;
  const manifest = await work({ registry: openedRegistry(flags), model, version, keyFile: flags.key });
  if (flags.json) return printJson({ ok: true, version: `${model}/${version}`, ...manifest });
  const done = name === 'sign' ? `of ${model}/${version} signed` : 'as signed';
  return say(`${manifest.resources.length} files ${done}`);
}
