import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { createVersionOnce } from './create-version.ts';
import { mlmodelOf } from './mlmodel.ts';
import type { RegistryClient } from './registry-client.ts';

export interface RegisterModel {
  readonly model: string;
  readonly experiment: string;
  /** A trained folder: model.onnx, signature.json and what lies beside them. */
  readonly dir: string;
  readonly runName: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

const FOLDER = 'model';

/**
 * Registers a trained folder as a run with artifacts and a version of the model, at our registry or any MLflow server. Each
 * call is a new version. The digest is that of the local model.onnx: what the registry kept has to equal it.
 */
export const registerModel = async (
  client: RegistryClient,
  input: RegisterModel,
): Promise<{ version: string; runId: string; digest: string }> => {
  const files = (await readdir(input.dir, { withFileTypes: true }))
    .filter((f) => f.isFile() && f.name !== 'MLmodel')
    .map((f) => f.name);
  if (!files.includes('model.onnx'))
    throw new AssayError(
      'TRAINER_NO_MODEL',
      `Cannot register model "${input.model}": "${input.dir}" holds no model.onnx`,
    );
  const signature = JSON.parse(await readFile(join(input.dir, 'signature.json'), 'utf8')) as Parameters<
    typeof mlmodelOf
  >[0];
  const experimentId = await client.createExperimentIfMissing(input.experiment);
  const { runId, artifactUri } = await client.createRun(experimentId, input.runName, Date.now());
  await client.logBatch(
    runId,
    { metrics: input.metrics, params: input.params, tags: input.tags },
    Date.now(),
  );
  for (const file of files) await client.uploadArtifact(runId, `${FOLDER}/${file}`, join(input.dir, file));
  await client.uploadArtifact(
    runId,
    `${FOLDER}/MLmodel`,
    new TextEncoder().encode(mlmodelOf(signature, runId)),
  );
  await client.finishRun(runId, Date.now());
  await client.createRegisteredModelIfMissing(input.model);
  const source = `${artifactUri}/${FOLDER}`;
  const version = await createVersionOnce(client, { model: input.model, source, runId, tags: input.tags });
  return { version, runId, digest: await digestOf(join(input.dir, 'model.onnx')) };
};

const digestOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
