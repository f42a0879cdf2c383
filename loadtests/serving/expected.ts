import { PRICE_GRID, PRICING_FEATURES } from '@assay/domain/families/pricing';
import { ModelInferRequest, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const WIDTH = PRICING_FEATURES.length;
const GRID = PRICE_GRID.length;
/** The one rule of the bench's policy that trips: prices above it are clamped. */
export const CEILING_CENTS = 560;

const floats = (raw: Uint8Array | undefined): Float32Array =>
  new Float32Array(Uint8Array.prototype.slice.call(raw).buffer);

/** What an answer ends with: its raw outputs, the last field of the message. */
const tail = (prices: Float32Array, chances: Float32Array): string =>
  Buffer.from(
    ModelInferResponse.encode({
      ...{ modelName: '', modelVersion: '', id: '', parameters: {}, outputs: [] },
      rawOutputContents: [Buffer.from(prices.buffer), Buffer.from(chances.buffer)],
    }).finish(),
  ).toString('hex');

export interface Expected {
  readonly free: string;
  readonly capped: string;
}

/** Computed here, row by row, past every server: the price with the highest expected margin, free and under the ceiling. */
export async function expectedOf(
  modelFile: string,
  messages: readonly Buffer[],
): Promise<readonly Expected[]> {
  const session = await InferenceSession.create(modelFile, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const found: Expected[] = [];
  for (const message of messages) found.push(await expectedAnswer(session, message));
  await session.release();
  return found;
}

async function expectedAnswer(session: InferenceSession, message: Buffer): Promise<Expected> {
  const [context = new Float32Array(), reference = new Float32Array(), cost = new Float32Array()] =
    ModelInferRequest.decode(message).rawInputContents.map(floats);
  const rows = [...reference.keys()].map((r) =>
    PRICE_GRID.map((multiple) => [
      (multiple * (reference[r] as number)) / 100,
      ...context.subarray(r * (WIDTH - 1), (r + 1) * (WIDTH - 1)),
    ]),
  );
  const features = new Tensor('float32', Float32Array.from(rows.flat(2)), [rows.length * GRID, WIDTH]);
  const probability = (await session.run({ features })).probability?.data as Float32Array;
  const chosen = rows.map((_, r) => {
    const margins = PRICE_GRID.map((multiple, g) => {
      const price = multiple * (reference[r] as number);
      return (probability[r * GRID + g] as number) * (price - (cost[r] as number));
    });
    const at = margins.indexOf(Math.max(...margins));
    return {
      price: (PRICE_GRID[at] as number) * (reference[r] as number),
      chance: probability[r * GRID + at],
    };
  });
  const chances = Float32Array.from(chosen, (c) => c.chance as number);
  const prices = chosen.map((c) => c.price);
  return {
    free: tail(Float32Array.from(prices), chances),
    capped: tail(
      Float32Array.from(prices, (p) => Math.min(p, CEILING_CENTS)),
      chances,
    ),
  };
}
