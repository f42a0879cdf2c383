import { type InferParameter, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import { WireWriter } from './writer.ts';

/** gRPC's prefix of a message: not compressed, its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const PREFIX_BYTES = 5;
const ROOM = 640;

/** An answer as one gRPC message, prefix included; the same message as the generated encoder's (test: answer-frame.test.ts). */
export function answerFrame(response: ModelInferResponse): Buffer {
  if (response.outputs.some((o) => o.contents !== undefined))
    return framed(ModelInferResponse.encode(response).finish());
  let bytes = ROOM;
  for (const raw of response.rawOutputContents) bytes += raw.length + PREFIX_BYTES;
  const w = new WireWriter(bytes);
  w.at = PREFIX_BYTES;
  w.text(0x0a, response.modelName);
  w.text(0x12, response.modelVersion);
  w.text(0x1a, response.id);
  for (const name in response.parameters) parameter(w, name, response.parameters[name] as InferParameter);
  for (const { name, datatype, shape } of response.outputs) {
    const output = w.open(0x2a);
    w.text(0x0a, name);
    w.text(0x12, datatype);
    if (shape.length > 0) {
      const dimensions = w.open(0x1a);
      for (const n of shape) {
        w.room(10);
        w.varint(Number(n));
      }
      w.close(dimensions);
    }
    w.close(output);
  }
  for (const raw of response.rawOutputContents) w.bytes(0x32, raw);
  return prefixed(w.buffer.subarray(0, w.at));
}

function parameter(w: WireWriter, name: string, { parameterChoice }: InferParameter): void {
  const entry = w.open(0x22);
  w.always(0x0a, name);
  const value = w.open(0x12);
  switch (parameterChoice?.$case) {
    case 'boolParam':
      w.varint(0x08);
      w.varint(parameterChoice.value ? 1 : 0);
      break;
    case 'int64Param':
      w.varint(0x10);
      w.varint(Number(parameterChoice.value));
      break;
    case 'stringParam':
      w.always(0x1a, parameterChoice.value);
      break;
    default:
      throw new Error(`An answer cannot carry the parameter "${name}" of kind ${parameterChoice?.$case}`);
  }
  w.close(value);
  w.close(entry);
}

/** Writes the prefix into the first five bytes. */
function prefixed(frame: Buffer): Buffer {
  frame[0] = 0;
  frame.writeUInt32BE(frame.length - PREFIX_BYTES, 1);
  return frame;
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame.set(message, PREFIX_BYTES);
  return prefixed(frame);
}
