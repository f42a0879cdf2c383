import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { RegistryOptions } from '@assay/registry-client/http';
import { getExternalVersion, getFilesUri } from '@assay/registry-client/mlflow-version';
import { listProxied, readProxied } from '@assay/registry-client/proxied';
import { registerModel } from '@assay/registry-client/register-model';
import { RegistryClient } from '@assay/registry-client/registry-client';
import { versionFacts } from '@assay/registry-client/version-facts';
import { assertKept } from './kept.ts';
import { PinnedFiles } from './pinned-files.ts';

/** Tag by which our own trainings say who asked for them. */
const CREATED_BY = 'assay.created_by';

/**
 * Any MLflow server as the control plane's port. Its ONNX files come into the artifact folder that model servers share, pinned
 * by digest; states, approvals and audit stay in Assay's own tables, because it has no place for them.
 */
export const mlflowModelRegistry = (options: RegistryOptions, artifactsDir: string): ModelRegistry => {
  const client = new RegistryClient(options);
  const pins = new PinnedFiles(artifactsDir);

  const onnxOf = async (model: string, version: string, filesUri: string) => {
    const files = await listProxied(options, filesUri);
    const file = files.find((f) => f.path === 'model.onnx') ?? files.find((f) => f.path.endsWith('.onnx'));
    if (file === undefined) return null;
    return pins.pin(`${model}/${version}`, await readProxied(options, filesUri, file.path));
  };

  const registry: ModelRegistry = {
    async version(model, version) {
      const { tags, userId, filesUri } = await getExternalVersion(options, model, version);
      const onnx = await onnxOf(model, version, filesUri);
      // The server checks neither: both count as authors, so that a tag written later frees nobody from four eyes
      const authors = [tags[CREATED_BY], userId].filter((who) => who !== undefined);
      return { model, version, createdBy: authors[0] ?? 'unknown', authors, tags, onnx };
    },
    async facts(model, version) {
      const filesUri = await getFilesUri(options, model, version);
      const files = await listProxied(options, filesUri);
      // That server knows no digests, and reading every file for a page would be too much
      const listed = files.map(({ path, sizeBytes }) => ({ path, sizeBytes, digest: null }));
      return versionFacts(options, model, version, listed);
    },
    async artifactText(model, version, name) {
      const filesUri = await getFilesUri(options, model, version);
      return new Response(await readProxied(options, filesUri, name)).text();
    },
    async digests(model, version) {
      const filesUri = await getFilesUri(options, model, version);
      const found: { path: string; sha256: string }[] = [];
      for (const { path } of await listProxied(options, filesUri)) {
        const hash = createHash('sha256');
        for await (const chunk of await readProxied(options, filesUri, path)) hash.update(chunk);
        found.push({ path, sha256: hash.digest('hex') });
      }
      return found;
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

/** Refuses at once what would fail at the first registration. Throws UNREACHABLE, UNAUTHENTICATED, PERMISSION_DENIED. */
export async function assertUsable(options: RegistryOptions): Promise<void> {
  const client = new RegistryClient(options);
  try {
    await client.listRegisteredModels();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AssayError(
      cause instanceof AssayError ? cause.code : 'UNREACHABLE',
      `Cannot use MLFLOW_TRACKING_URI "${options.baseUrl}" as the registry: ${reason}. Unset the variable to start Assay's own`,
      { cause, field: 'MLFLOW_TRACKING_URI' },
    );
  }
}
