import { join } from 'node:path';
import type { Command } from 'commander';
import { printJson, say } from '../output.ts';

interface Flags {
  readonly key: string;
  readonly signature?: string;
  readonly json?: true;
}

/** `assay model sign` and `verify`: OpenSSF model signing with an EC P-256 key, as Python's model_signing does it. */
export function addModelSign(model: Command): void {
  verb(model, 'sign', 'sign every file of a model folder', 'EC P-256 private key (PEM)');
  verb(model, 'verify', 'compare a model folder with its signature', 'EC P-256 public key (PEM)');
}

function verb(model: Command, name: 'sign' | 'verify', text: string, key: string): void {
  model
    .command(`${name} <dir>`)
    .description(text)
    .requiredOption('--key <file>', key)
    .option('--signature <file>', 'Sigstore bundle (default: model.sig in the folder)')
    .option('--json', 'print the digests as JSON')
    .action(async (folder: string, flags: Flags) => {
      const { signFolder, verifyFolder } = await import('@assay/registry-integrity/signing/sign-folder');
      const signatureFile = flags.signature ?? join(folder, 'model.sig');
      const work = name === 'sign' ? signFolder : verifyFolder;
      const manifest = await work({ folder, signatureFile, keyFile: flags.key });
      if (flags.json) return printJson({ ok: true, signature: signatureFile, ...manifest });
      const done = name === 'sign' ? `signed into ${signatureFile}` : 'as signed';
      return say(`${manifest.resources.length} files ${done}`);
    });
}
