import { AssayError } from '@assay/domain/errors';
import type { TensorSpec } from '@assay/domain/families/family';
import type {
  GRPCInferenceServiceServer,
  ModelMetadataResponse,
  RepositoryIndexResponse,
  ModelMetadataResponse_TensorMetadata as TensorMetadata,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { pinned } from '../../routing/assign.ts';
import type { Serving } from '../context.ts';
import { isReady as isReadyModel } from '../model-metrics.ts';
import { endpointOf, predictor } from '../predict.ts';
import { streamInfer } from './stream-infer.ts';
import { guardedUnary, unary } from './unary.ts';

export const SERVER = {
  name: 'assay',
  version: '0.1.0',
  extensions: [
    'binary_tensor_data',
    'parameters',
    'repository_index',
    'stream_infer',
    'assay_routing',
    'assay_evidence',
    'assay_guardrails',
  ],
};

const tensor = ({ name, datatype, shape }: TensorSpec): TensorMetadata => ({
  name,
  datatype,
  shape: shape.map(BigInt),
});

/** An endpoint's signature: what clients send and get, whatever version answers. Throws NOT_FOUND codes. */
export function metadataOf(serving: Serving, name: string, version: string): ModelMetadataResponse {
  const { endpoint } = endpointOf(serving, name);
  if (version !== '') pinned(endpoint, version);
  return {
    name,
    versions: [...endpoint.pins.keys()],
    platform: `assay_${endpoint.route.family}`,
    inputs: endpoint.spec.requestInputs.map(tensor),
    outputs: endpoint.spec.responseOutputs.map(tensor),
  };
}

/** Versions answered their warm-up before their plan took over; later a host may be away. No version: the champion. */
export function isModelReady(serving: Serving, name: string, version: string): boolean {
  const endpoint = serving.plans.table?.endpoints.get(name);
  const hosted = version === '' ? endpoint?.champion : endpoint?.pins.get(version);
  return hosted !== undefined && isReadyModel(hosted.model);
}

/** What this server is and can, and on what its models compute. */
export function serverMetadata(serving: Serving): typeof SERVER {
  const statuses = serving.plans.loadedModels.map((m) => m.status());
  const computing = statuses.map(({ provider, providerReason }) =>
    providerReason === '' ? provider : `${provider} (${providerReason})`,
  );
  const memoryBytes = statuses.reduce((sum, s) => sum + s.memoryBytes, 0);
  return {
    ...SERVER,
    extensions: [
      ...SERVER.extensions,
      ...[...new Set(computing)].map((text) => `assay_execution_provider: ${text}`),
      `assay_model_memory_bytes: ${memoryBytes} in ${statuses.length} models`,
    ],
  };
}

/** Every version that a pin may name, by endpoint; what is in the plan was loaded before it took over. Throws NOT_FOUND. */
export function repositoryIndex(serving: Serving, repository: string): RepositoryIndexResponse {
  if (repository !== '')
    throw new AssayError(
      'NOT_FOUND',
      `Cannot list repository "${repository}": there is one, without a name`,
      {
        field: 'repository_name',
      },
    );
  const endpoints = [...(serving.plans.table?.endpoints.values() ?? [])];
  const models = endpoints.flatMap((e) =>
    [...e.pins].map(([version, { model }]) => ({
      name: e.route.name,
      version,
      state: isReadyModel(model) ? 'READY' : 'UNAVAILABLE',
      reason: model.status().reason,
    })),
  );
  return { models };
}

export const isReady = (serving: Serving): boolean => serving.plans.table !== undefined;

/** Open Inference Protocol v2. */
export function inferenceHandlers(serving: Serving): GRPCInferenceServiceServer {
  const predict = predictor(serving);
  return {
    serverLive: unary(() => ({ live: true })),
    serverReady: unary(() => ({ ready: isReady(serving) })),
    modelReady: unary(({ name, version }) => ({ ready: isModelReady(serving, name, version) })),
    serverMetadata: unary(() => serverMetadata(serving)),
    modelMetadata: unary(({ name, version }) => metadataOf(serving, name, version)),
    modelInfer: guardedUnary(serving.access, predict),
    modelStreamInfer: streamInfer(serving.access, predict),
    repositoryIndex: unary(({ repositoryName }) => repositoryIndex(serving, repositoryName)),
  };
}
