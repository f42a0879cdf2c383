import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { ServedVersion } from '@assay/domain/route-plan';

export interface RegistryDeps {
  readonly registry: ModelRegistry;
  readonly stateDir: string;
  /** Signs what Assay itself trained; absent: nothing is signed. */
  readonly sign?: ((model: string, version: string) => Promise<unknown>) | undefined;
}

export interface RegisterInput {
  /** Names the training: registered once, also when the worker dies on the way. */
  readonly id: string;
  readonly model: string;
  readonly family: string;
  /** Relative to the state folder. */
  readonly outDir: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Registered {
  readonly version: string;
  readonly runId: string;
  readonly digest: string;
}

const MARKER = 'registered.json';

/** What was registered before, if the activity ran to its end once. */
async function readMarker(file: string): Promise<Registered | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Registered;
  } catch {
    return undefined;
  }
}

export const registryActivities = ({ registry, stateDir, sign }: RegistryDeps) => ({
  /**
   * Registers a training's folder. A worker that dies between the registry's answer and the marker registers once more: an
   * untracked version with the same digest stays behind, which no route ever names.
   */
  async registerTraining(input: RegisterInput): Promise<Registered> {
    const dir = join(stateDir, input.outDir);
    const receipts = join(stateDir, 'trainings', 'receipts');
    const marker = join(receipts, `${encodeURIComponent(input.id)}-${MARKER}`);
    const before = await readMarker(marker);
    if (before !== undefined) return before;
    const { version, runId, digest } = await registry.registerFolder({
      model: input.model,
      experiment: input.family,
      dir,
      runName: input.id,
      metrics: input.metrics,
      params: input.params,
      tags: input.tags,
    });
    await sign?.(input.model, version);
    await mkdir(receipts, { recursive: true });
    await writeFile(`${marker}.new`, JSON.stringify({ version, runId, digest }));
    await rename(`${marker}.new`, marker);
    return { version, runId, digest };
  },

  /** What model servers load. Throws MODEL_NOT_ONNX for a version without an ONNX file. */
  async servedVersion({ model, version }: { model: string; version: string }): Promise<ServedVersion> {
    const { onnx } = await registry.version(model, version);
    if (onnx === null)
      throw new AssayError(
        'MODEL_NOT_ONNX',
        `Cannot serve ${model}/${version}: the registry holds no ONNX file of it`,
      );
    return { model, version, path: onnx.path, digest: onnx.digest };
  },

  /** Aliases mirror the lifecycle; null takes one away, gone already is fine. */
  async mirrorAlias(input: { model: string; alias: string; version: string | null }): Promise<void> {
    const { model, alias, version } = input;
    if (version !== null) return registry.setAlias(model, alias, version);
    try {
      await registry.deleteAlias(model, alias);
    } catch (error) {
      if (!(error instanceof AssayError && error.code === 'NOT_FOUND')) throw error;
    }
  },
});

export type RegistryActivities = ReturnType<typeof registryActivities>;
