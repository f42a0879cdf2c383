// What a team writes without a platform: grpc-js in front of onnxruntime-node, one model, nothing else. It answers the same
// request as ours with the same price; it knows no arms, no rules, no evidence, no metrics.
//   node loadtests/serving/naive-server.ts MODEL.onnx READY.json
import { renameSync, writeFileSync } from 'node:fs';
import { PRICE_GRID, PRICING_FEATURES } from '@assay/domain/families/pricing';
import {
  GRPCInferenceServiceService,
  type ModelInferRequest,
  type ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [, , modelFile = '', readyFile = ''] = process.argv;
const WIDTH = PRICING_FEATURES.length;
const GRID = PRICE_GRID.length;

const session = await InferenceSession.create(modelFile, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});

/** A copy, as raw contents may come at any alignment. */
const floats = (raw: Uint8Array | undefined): Float32Array =>
  new Float32Array(Uint8Array.prototype.slice.call(raw).buffer);

/** Every row at every price of the grid. */
function expand(context: Float32Array, reference: Float32Array): Float32Array {
  const data = new Float32Array(reference.length * GRID * WIDTH);
  let at = 0;
  for (let r = 0; r < reference.length; r++)
    for (const multiple of PRICE_GRID) {
      data[at] = (multiple * (reference[r] as number)) / 100;
      for (let c = 1; c < WIDTH; c++) data[at + c] = context[r * (WIDTH - 1) + c - 1] as number;
      at += WIDTH;
    }
  return data;
}

async function infer(request: ModelInferRequest): Promise<ModelInferResponse> {
  const [context, reference, cost] = request.rawInputContents.map(floats) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const rows = reference.length;
  const features = new Tensor('float32', expand(context, reference), [rows * GRID, WIDTH]);
  const probability = (await session.run({ features })).probability?.data as Float32Array;
  const prices = new Float32Array(rows);
  const chances = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    let [best, most] = [0, Number.NEGATIVE_INFINITY];
    for (let g = 0; g < GRID; g++) {
      const price = (PRICE_GRID[g] as number) * (reference[r] as number);
      const margin = (probability[r * GRID + g] as number) * (price - (cost[r] as number));
      if (margin > most) [best, most] = [g, margin];
    }
    prices[r] = (PRICE_GRID[best] as number) * (reference[r] as number);
    chances[r] = probability[r * GRID + best] as number;
  }
  const output = (name: string): ModelInferResponse['outputs'][number] => ({
    name,
    datatype: 'FP32',
    shape: [BigInt(rows)],
    parameters: {},
    contents: undefined,
  });
  return {
    modelName: request.modelName,
    modelVersion: '1',
    id: request.id,
    parameters: {},
    outputs: [output('price_cents'), output('purchase_probability')],
    rawOutputContents: [Buffer.from(prices.buffer), Buffer.from(chances.buffer)],
  };
}

const server = new Server();
server.addService(GRPCInferenceServiceService, {
  modelInfer: (
    call: { request: ModelInferRequest },
    callback: (e: Error | null, a?: ModelInferResponse) => void,
  ) => void infer(call.request).then((a) => callback(null, a), callback),
} as never);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  writeFileSync(`${readyFile}.new`, JSON.stringify({ grpc: `127.0.0.1:${port}` }));
  renameSync(`${readyFile}.new`, readyFile);
});
process.on('SIGTERM', () => server.forceShutdown());
