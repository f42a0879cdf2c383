import { AssayError } from '@assay/domain/errors';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';

interface Made {
  readonly version: string;
  readonly runId: string;
  readonly digest: string;
}

/** The registry keeps the very bytes that were sent. Throws MODEL_NOT_ONNX, MODEL_DIGEST. */
export async function assertKept(registry: ModelRegistry, model: string, made: Made): Promise<Made> {
  const { onnx } = await registry.version(model, made.version);
  if (onnx === null)
    throw new AssayError(
      'MODEL_NOT_ONNX',
      `Cannot register model "${model}": the registry holds no ONNX file of version ${made.version}`,
    );
  if (onnx.digest !== made.digest)
    throw new AssayError(
      'MODEL_DIGEST',
      `Cannot register model "${model}": ${made.digest} was sent, the registry keeps ${onnx.digest} as version ${made.version}`,
    );
  return made;
}
