import { AssayError } from '@assay/domain/errors';
import { type JsonReader, jsonReader } from '@assay/domain/json-read';
import type {
  InferParameter,
  ModelInferRequest_InferInputTensor as InputTensor,
  ModelInferRequest,
  ModelInferRequest_InferRequestedOutputTensor as RequestedOutput,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { ELEMENT_BYTES } from '../../runtime/datatypes.ts';
import type { Parts } from './body.ts';
import { rawOfJson } from './json-values.ts';

type Parameters = Record<string, InferParameter>;

/** Which answers leave as binary data. */
export interface Wishes {
  readonly all: boolean;
  readonly outputs: ReadonlyMap<string, boolean>;
}

const read: JsonReader = jsonReader('REQUEST_INVALID', 'the request');
const NOTHING = Buffer.alloc(0);
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const UINT64_MAX = 2n ** 64n - 1n;

function integer(value: bigint, field: string): InferParameter {
  if (value >= INT64[0] && value <= INT64[1]) return { parameterChoice: { $case: 'int64Param', value } };
  if (value < 0n || value > UINT64_MAX) return read.fail(field, 'must fit into 64 bits');
  return { parameterChoice: { $case: 'uint64Param', value } };
}

function parameter(value: unknown, field: string): InferParameter {
  if (typeof value === 'string') return { parameterChoice: { $case: 'stringParam', value } };
  if (typeof value === 'boolean') return { parameterChoice: { $case: 'boolParam', value } };
  if (typeof value === 'bigint') return integer(value, field);
  if (typeof value !== 'number') return read.fail(field, 'must be a text, a number or a boolean');
  return Number.isSafeInteger(value)
    ? integer(BigInt(value), field)
    : { parameterChoice: { $case: 'doubleParam', value } };
}

/** Names are the clients' own: `__proto__` is one like any other. */
function parameters(value: unknown, field: string): Parameters {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(read.object(value, field));
  return Object.fromEntries(entries.map(([name, v]) => [name, parameter(v, `${field}.${name}`)]));
}

const list = (value: unknown, field: string): readonly unknown[] =>
  value === undefined || value === null ? [] : read.list(value, field);

const word = (value: unknown, field: string): string =>
  typeof value === 'string' ? value : read.fail(field, 'must be a text');

function shapeOf(value: unknown, field: string): bigint[] {
  return read.list(value, field).map((d, i) => {
    if (typeof d === 'bigint') return d;
    return Number.isSafeInteger(d) ? BigInt(d as number) : read.fail(`${field}[${i}]`, 'must be an integer');
  });
}

/** A parameter of the request itself that must be true or false where it is given. */
function flag(of: Parameters, name: string, field: string): boolean | undefined {
  if (!Object.hasOwn(of, name)) return undefined;
  const choice = of[name]?.parameterChoice;
  return choice?.$case === 'boolParam'
    ? choice.value
    : read.fail(`${field}.${name}`, 'must be true or false');
}

/** Bytes that an input has in the binary part; undefined when its data are JSON. */
function binarySize(of: Parameters, field: string): number | undefined {
  if (!Object.hasOwn(of, 'binary_data_size')) return undefined;
  const choice = of.binary_data_size?.parameterChoice;
  const isSize = choice?.$case === 'int64Param' && choice.value >= 0n && choice.value <= BigInt(2 ** 40);
  return isSize ? Number(choice.value) : read.fail(`${field}.binary_data_size`, 'must be a count of bytes');
}

/** Hands out the binary part, input by input. */
class Binary {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(size: number, field: string): Buffer {
    const left = this.#bytes.length - this.#at;
    if (size > left)
      throw new AssayError(
        'INPUT_BYTES',
        `Cannot read the request: ${left} binary bytes are left, not ${size}`,
        {
          field,
        },
      );
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  assertEmpty(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0)
      throw new AssayError(
        'INPUT_BYTES',
        `Cannot read the request: ${left} binary bytes belong to no input`,
        {
          field: 'body',
        },
      );
  }
}

interface Input {
  readonly tensor: InputTensor;
  readonly raw: Buffer;
}

function inputOf(value: unknown, at: string, binary: Binary): Input {
  const t = read.object(value, at);
  const datatype = word(t.datatype, `${at}.datatype`);
  const shape = shapeOf(t.shape, `${at}.shape`);
  const own = parameters(t.parameters, `${at}.parameters`);
  const size = binarySize(own, `${at}.parameters`);
  const tensor = { name: word(t.name, `${at}.name`), datatype, shape, parameters: own, contents: undefined };
  if (size !== undefined) {
    if (t.data !== undefined)
      read.fail(`${at}.data`, 'must be absent: binary_data_size says that it is binary');
    return { tensor, raw: binary.take(size, `${at}.parameters.binary_data_size`) };
  }
  const data = read.list(t.data, `${at}.data`);
  // An unknown datatype is refused with the endpoint's own one, later
  const known = ELEMENT_BYTES.has(datatype);
  return { tensor, raw: known ? rawOfJson(datatype, data, shape.length, `${at}.data`) : NOTHING };
}

const outputOf = (value: unknown, at: string): RequestedOutput => {
  const o = read.object(value, at);
  return { name: word(o.name, `${at}.name`), parameters: parameters(o.parameters, `${at}.parameters`) };
};

/** A REST v2 request as the message that gRPC brings. Throws REQUEST_INVALID, INPUT_BYTES. */
export function requestOfJson(
  endpoint: string,
  version: string,
  { json, binary: bytes }: Parts,
): { readonly request: ModelInferRequest; readonly wishes: Wishes } {
  const body = read.object(json, '');
  // Some clients repeat the path's names; others in their place would be a mix-up
  if (body.model_name !== undefined && body.model_name !== null && body.model_name !== endpoint)
    read.fail('model_name', `must be absent or "${endpoint}", as in the path`);
  const own = parameters(body.parameters, 'parameters');
  const binary = new Binary(bytes);
  const inputs = read.list(body.inputs, 'inputs').map((t, i) => inputOf(t, `inputs[${i}]`, binary));
  binary.assertEmpty();
  const outputs = list(body.outputs, 'outputs').map((o, i) => outputOf(o, `outputs[${i}]`));
  const request = {
    modelName: endpoint,
    modelVersion: version,
    id: body.id === undefined || body.id === null ? '' : word(body.id, 'id'),
    parameters: own,
    inputs: inputs.map((i) => i.tensor),
    outputs,
    rawInputContents: inputs.map((i) => i.raw),
  };
  const all = flag(own, 'binary_data_output', 'parameters') ?? false;
  const wished = outputs.map(
    (o, i) => [o.name, flag(o.parameters, 'binary_data', `outputs[${i}].parameters`) ?? all] as const,
  );
  return { request, wishes: { all, outputs: new Map(wished) } };
}
