import { AssayError } from '@assay/domain/errors';
import { refusals } from '@assay/domain/model-check/report';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { RegistryOptions } from '@assay/registry-client/http';
import { registerModel } from '@assay/registry-client/register-model';
import { RegistryClient } from '@assay/registry-client/registry-client';
import { versionFacts } from '@assay/registry-client/version-facts';
import { assertKept } from './kept.ts';

/** The registry's own server as the control plane's port. */
export const httpModelRegistry = (options: RegistryOptions): ModelRegistry => {
  const client = new RegistryClient(options);
  const registry: ModelRegistry = {
    async version(model, version) {
      const found = await client.getModelVersion(model, version);
      const { onnx } = found;
      return {
        model,
        version,
        createdBy: found.createdBy,
        authors: found.authors,
        tags: found.tags,
        check: found.check,
        refusals: refusals(found.check?.report?.rules ?? []),
        ...(found.check?.report?.signature && { signature: found.check.report.signature }),
        onnx: onnx === null ? null : { path: onnx.blobPath, digest: onnx.digest, sizeBytes: onnx.sizeBytes },
      };
    },
    async facts(model, version) {
      const { artifacts } = await client.getModelVersion(model, version);
      return versionFacts(options, model, version, artifacts);
    },
    async artifactText(model, version, name) {
      const found = (await client.getModelVersion(model, version)).artifacts.find((a) => a.path === name);
      if (found === undefined)
        throw new AssayError(
          'NOT_FOUND',
          `Cannot read "${name}" of ${model}/${version}: there is no such artifact`,
        );
      return new Response(await client.downloadBlob(found.digest)).text();
    },
    async digests(model, version) {
      const { artifacts } = await client.getModelVersion(model, version);
      return artifacts.map(({ path, digest }) => ({ path, sha256: digest }));
    },
    async registerFolder(input) {
      const made = await registerModel(client, input);
      return assertKept(registry, input.model, made);
    },
    setAlias: (model, alias, version) => client.setAlias(model, alias, version),
    deleteAlias: (model, alias) => client.deleteAlias(model, alias),
    aliases: (model) => client.aliases(model),
    setVersionTag: (model, version, key, value) => client.setModelVersionTag(model, version, key, value),
  };
  return registry;
};
