import type { AssayError } from '@assay/domain/errors';
import type {
  ModelInferRequest,
  ModelStreamInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { assertMayPredict } from '../access.ts';
import type { Access } from '../context.ts';
import { grpcError, outside } from '../grpc-error.ts';
import type { Predict } from '../predict.ts';
import { assertReadable } from '../unreadable.ts';
import { authorizationOf } from './unary.ts';

type Call = ServerDuplexStream<ModelInferRequest, ModelStreamInferResponse>;

/** A client that sends it with "true" wants an error as the stream's own status, and the stream to end with it. */
const STATUS_WANTED = 'triton_grpc_error';

/**
 * Answers in the order of the requests, one after another. An error belongs to its request (`error_message`, with its
 * code in the parameters) and the stream goes on. What a cancelled stream still had waiting never runs.
 */
export const streamInfer =
  (access: Access, predict: Predict): handleBidiStreamingCall<ModelInferRequest, ModelStreamInferResponse> =>
  (call) => {
    void answerAll(call, access, predict).then(
      () => call.end(),
      (cause: unknown) => {
        if (!call.cancelled) call.emit('error', grpcError(cause));
      },
    );
  };

async function answerAll(call: Call, access: Access, predict: Predict): Promise<void> {
  assertMayPredict(access, authorizationOf(call.metadata));
  const endsAtError = call.metadata.get(STATUS_WANTED)[0] === 'true';
  const deadlineMs = Number(call.getDeadline());
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<ModelInferRequest>;
  for await (const request of requests) {
    let answer: ModelStreamInferResponse;
    try {
      assertReadable(request);
      answer = { errorMessage: '', inferResponse: await predict(request, deadlineMs, call) };
    } catch (cause) {
      if (endsAtError) throw cause;
      answer = refused(request, outside(cause));
    }
    if (!call.write(answer)) await drained(call);
  }
}

/** Which request failed and why, in a form that programs read. */
function refused({ modelName = '', modelVersion = '', id = '' }: ModelInferRequest, error: AssayError) {
  const text = (value: string) => ({ parameterChoice: { $case: 'stringParam' as const, value } });
  const parameters = {
    error_reason: text(error.code),
    error_status: text(error.status),
    error_remedy: text(error.remedy),
    ...(error.field !== undefined && { error_field: text(error.field) }),
  };
  return {
    errorMessage: error.message,
    inferResponse: { modelName, modelVersion, id, parameters, outputs: [], rawOutputContents: [] },
  };
}

/** The client reads on, or is gone. */
const drained = (call: Call): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done).off('close', done);
      resolve();
    };
    call.on('drain', done).on('close', done);
  });
