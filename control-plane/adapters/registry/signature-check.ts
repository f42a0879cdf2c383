import {
  modeFor,
  SIGNATURE_FILE,
  SIGNATURE_TAG,
  type SignatureFinding,
} from '@assay/domain/model-check/signing-policy';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { SignatureCheck } from '@assay/domain/ports/signature-check';
import { sha256Of } from '@assay/registry-integrity/files';
import { type DigestedFile, judgeSignature } from '@assay/registry-integrity/signing/judge-signature';
import { readSigners, type TrustedSigners } from '@assay/registry-integrity/signing/trusted-signers';

/** Asks the registry for digests and signature, and judges with keys of this process: what a registry says of a signature is not read. */
export const signatureCheck = (registry: ModelRegistry, signers: TrustedSigners): SignatureCheck => ({
  async check({ family, model, version, file }) {
    const mode = modeFor(signers.policy, family);
    const nothing: SignatureFinding = {
      mode,
      status: 'off',
      signer: null,
      source: null,
      value: 'not asked for',
      policy: signers.digest,
    };
    if (mode === 'off') return nothing;
    const [files, served] = await Promise.all([registry.digests(model, version), sha256Of(file)]);
    const bundles = await bundlesOf(registry, model, version, files);
    return judgeSignature(signers, { family, files, served, bundles });
  },
});

/** With the policy that a file states; none named: nothing is asked. Throws CONFIG_INVALID, POLICY_INVALID, KEY_INVALID. */
export const openSignatureCheck = async (
  registry: ModelRegistry,
  policyFile: string | undefined,
): Promise<SignatureCheck> => signatureCheck(registry, await readSigners(policyFile));

/** Where a version's signature may be. Throws NOT_FOUND for an unknown version. */
export async function bundlesOf(
  registry: ModelRegistry,
  model: string,
  version: string,
  files: readonly DigestedFile[],
): Promise<{ tag: string | null; file: string | null }> {
  const { tags } = await registry.version(model, version);
  const isThere = files.some((f) => f.path === SIGNATURE_FILE);
  return {
    tag: tags[SIGNATURE_TAG] ?? null,
    file: isThere ? await registry.artifactText(model, version, SIGNATURE_FILE) : null,
  };
}
