// What the scripts share: one prediction, checked, and their environment (GRPC, RATE, VUS, SECONDS, P99_MS).
import { b64encode } from 'k6/encoding';
import { Rate, Trend } from 'k6/metrics';
import { Client, StatusOK, StatusResourceExhausted } from 'k6/net/grpc';

const METHOD = 'inference.GRPCInferenceService/ModelInfer';
const DEADLINE = '1s';
const CONTEXT = 7;

const number = (name, otherwise) => Number(__ENV[name] ?? otherwise);
export const env = {
  rate: number('RATE', 500),
  vus: number('VUS', 16),
  seconds: number('SECONDS', 30),
  p99Ms: number('P99_MS', 100),
};

/** Answered in full, or refused with the status of an overload: all else is wrong, and `wrong` tells how often. */
export const wrong = new Rate('wrong');
export const refused = new Rate('refused');
/** ms of the calls that were answered. */
export const answeredMs = new Trend('answered_ms', true);

/** No call may be wrong, and the answered ones are quick. */
export const thresholds = { wrong: ['rate==0'], answered_ms: [`p(99)<${env.p99Ms}`] };
/** The same, and none may be refused: the load is below the server's capacity. */
export const allAnswered = { ...thresholds, refused: ['rate==0'] };

const client = new Client();
client.load(['../../proto'], 'inference/open_inference_grpc.proto');

const floats = (values) => b64encode(Float32Array.from(values).buffer);

function request() {
  const reference = 100 + 400 * Math.random();
  return {
    model_name: 'shelf-price',
    parameters: { unit_id: { string_param: `unit-${Math.floor(Math.random() * 100_000)}` } },
    inputs: [
      { name: 'context', datatype: 'FP32', shape: [1, CONTEXT] },
      { name: 'reference_price_cents', datatype: 'FP32', shape: [1] },
      { name: 'cost_cents', datatype: 'FP32', shape: [1] },
    ],
    raw_input_contents: [
      floats(Array.from({ length: CONTEXT }, Math.random)),
      floats([reference]),
      floats([reference * 0.6]),
    ],
  };
}

let isConnected = false;

export function predict() {
  // A connection a virtual user, made by its first call
  if (!isConnected) {
    client.connect(__ENV.GRPC ?? '127.0.0.1:8001', { plaintext: true });
    isConnected = true;
  }
  const started = Date.now();
  const { status, message } = client.invoke(METHOD, request(), { timeout: DEADLINE });
  const isAnswered =
    status === StatusOK && message.outputs.length === 2 && message.parameters.decision_id !== undefined;
  wrong.add(!isAnswered && status !== StatusResourceExhausted);
  refused.add(status === StatusResourceExhausted);
  if (isAnswered) answeredMs.add(Date.now() - started);
}
