import type {
  InferParameter,
  ModelInferRequest_InferInputTensor as InputTensor,
  ModelInferRequest,
} from '@assay/proto/gen/inference/open_inference_grpc';

// Wire types of the fields that a plain request has: tag = field number << 3 | wire type (protobuf, "Encoding").
const NAME = 0x0a;
const VERSION = 0x12;
const ID = 0x1a;
const PARAMETER = 0x22;
const INPUT = 0x2a;
const RAW = 0x3a;
const SHAPE_PACKED = 0x1a;
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_PARAM = 0x1a;

/** Not plain, or not whole: the generated decoder then says what it is. */
class NotPlain extends Error {}
const NOT_PLAIN = new NotPlain();

const LONGEST_KEPT = 64;

/** Texts by the place where they were met last: names and datatypes hardly ever change, and a comparison is cheaper than a decoding. */
class KeptTexts {
  readonly #bytes: Uint8Array[] = [];
  readonly #texts: string[] = [];

  at(place: number, b: Buffer, from: number, to: number): string {
    const kept = this.#bytes[place];
    if (kept !== undefined && kept.length === to - from && isSame(kept, b, from))
      return this.#texts[place] as string;
    // The generated decoder knows what to make of bytes that are no ASCII
    for (let i = from; i < to; i++) if ((b[i] as number) > 0x7f) throw NOT_PLAIN;
    const text = b.toString('latin1', from, to);
    if (to - from <= LONGEST_KEPT && place < LONGEST_KEPT) {
      this.#bytes[place] = Uint8Array.prototype.slice.call(b, from, to);
      this.#texts[place] = text;
    }
    return text;
  }
}

function isSame(kept: Uint8Array, b: Buffer, from: number): boolean {
  for (let i = 0; i < kept.length; i++) if (kept[i] !== b[from + i]) return false;
  return true;
}

const texts = new KeptTexts();
const NONE = {};

/** Reads one message; its position moves on. */
class Reader {
  readonly b: Buffer;
  at = 0;
  #place = 0;

  constructor(b: Buffer) {
    this.b = b;
  }

  /** Below 2^28, which is past every length and dimension that is served. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.b[this.at++];
      if (byte === undefined) throw NOT_PLAIN;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw NOT_PLAIN;
  }

  /** End of a length-delimited field that must lie within `limit`. */
  end(limit: number): number {
    const to = this.varint() + this.at;
    if (to > limit) throw NOT_PLAIN;
    return to;
  }

  text(limit: number): string {
    const to = this.end(limit);
    const found = texts.at(this.#place++, this.b, this.at, to);
    this.at = to;
    return found;
  }

  bytes(limit: number): Buffer {
    const to = this.end(limit);
    const found = this.b.subarray(this.at, to);
    this.at = to;
    return found;
  }
}

/**
 * A request as most clients send it: raw contents, tensors without parameters of their own, string parameters. Undefined for every
 * other one, which the generated decoder reads; both give the same value (test: plain-request.test.ts). Raw contents are
 * views of `message`.
 */
export function plainRequest(message: Buffer): ModelInferRequest | undefined {
  try {
    return read(new Reader(message));
  } catch (cause) {
    if (cause === NOT_PLAIN) return undefined;
    throw cause;
  }
}

function read(r: Reader): ModelInferRequest {
  const limit = r.b.length;
  const [inputs, raw]: [InputTensor[], Buffer[]] = [[], []];
  const parameters: Record<string, InferParameter> = {};
  let [modelName, modelVersion, id] = ['', '', ''];
  while (r.at < limit) {
    switch (r.varint()) {
      case NAME:
        modelName = r.text(limit);
        break;
      case VERSION:
        modelVersion = r.text(limit);
        break;
      case ID:
        id = r.text(limit);
        break;
      case PARAMETER:
        parameter(r, r.end(limit), parameters);
        break;
      case INPUT:
        inputs.push(input(r, r.end(limit)));
        break;
      case RAW:
        raw.push(r.bytes(limit));
        break;
      default:
        throw NOT_PLAIN;
    }
  }
  return { modelName, modelVersion, id, parameters, inputs, outputs: [], rawInputContents: raw };
}

function parameter(r: Reader, limit: number, into: Record<string, InferParameter>): void {
  if (r.varint() !== KEY) throw NOT_PLAIN;
  const key = r.text(limit);
  // The generated decoder knows how to keep such a name from being more than a name
  if (key === '__proto__' || r.varint() !== VALUE) throw NOT_PLAIN;
  const end = r.end(limit);
  if (r.varint() !== STRING_PARAM) throw NOT_PLAIN;
  into[key] = { parameterChoice: { $case: 'stringParam', value: r.text(end) } };
  if (r.at !== end || end !== limit) throw NOT_PLAIN;
}

function input(r: Reader, limit: number): InputTensor {
  let [name, datatype] = ['', ''];
  const shape: bigint[] = [];
  while (r.at < limit) {
    switch (r.varint()) {
      case NAME:
        name = r.text(limit);
        break;
      case VERSION:
        datatype = r.text(limit);
        break;
      case SHAPE_PACKED: {
        const end = r.end(limit);
        while (r.at < end) shape.push(BigInt(r.varint()));
        if (r.at !== end) throw NOT_PLAIN;
        break;
      }
      default:
        throw NOT_PLAIN;
    }
  }
  return { name, datatype, shape, parameters: NONE, contents: undefined };
}
