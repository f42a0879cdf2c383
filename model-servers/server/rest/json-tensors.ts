import { AssayError } from '@assay/domain/errors';
import type {
  InferParameter,
  InferTensorContents,
  ModelInferRequest,
  ModelInferResponse,
} from '@assay/proto/gen/inference/open_inference_grpc';
import { z } from 'zod';
import { elementsOf, typedOfRaw } from '../../runtime/datatypes.ts';

const PARAMETERS = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({});
const BODY = z.object({
  id: z.string().default(''),
  parameters: PARAMETERS,
  inputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.number().int()),
      parameters: PARAMETERS,
      data: z.array(z.unknown()),
    }),
  ),
  outputs: z.array(z.object({ name: z.string() })).default([]),
});

const refuse = (text: string, field: string): AssayError =>
  new AssayError('REQUEST_INVALID', `Cannot read the request: ${text}`, { field });

function parameter(value: string | number | boolean): InferParameter {
  if (typeof value === 'string') return { parameterChoice: { $case: 'stringParam', value } };
  if (typeof value === 'boolean') return { parameterChoice: { $case: 'boolParam', value } };
  return Number.isSafeInteger(value)
    ? { parameterChoice: { $case: 'int64Param', value: BigInt(value) } }
    : { parameterChoice: { $case: 'doubleParam', value } };
}

const parameters = (of: Record<string, string | number | boolean>): Record<string, InferParameter> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, parameter(value)]));

const isInteger = (v: unknown): v is number => Number.isSafeInteger(v);
const CHECKS: Readonly<Record<string, { is: (v: unknown) => boolean; field: keyof InferTensorContents }>> = {
  BOOL: { is: (v) => typeof v === 'boolean', field: 'boolContents' },
  INT64: { is: isInteger, field: 'int64Contents' },
  FP32: { is: (v) => typeof v === 'number', field: 'fp32Contents' },
  FP64: { is: (v) => typeof v === 'number', field: 'fp64Contents' },
};

/** Data may be nested as the shape is, or flat. */
function contents(datatype: string, data: readonly unknown[], field: string): InferTensorContents {
  const check = CHECKS[datatype];
  const empty = typedOfRaw('', Buffer.alloc(0));
  // An unknown datatype is refused with the endpoint's own one, later
  if (check === undefined) return empty;
  const flat: unknown[] = data.flat(8);
  const bad = flat.findIndex((v) => !check.is(v));
  if (bad >= 0) throw refuse(`${JSON.stringify(flat[bad])} is no ${datatype}`, `${field}[${bad}]`);
  const values = datatype === 'INT64' ? flat.map((v) => BigInt(v as number)) : flat;
  return { ...empty, [check.field]: values };
}

/** A REST v2 body as the same message that gRPC brings. Throws REQUEST_INVALID. */
export function requestOfJson(endpoint: string, version: string, body: unknown): ModelInferRequest {
  const parsed = BODY.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(issue?.message ?? 'wrong body', issue?.path.join('.') ?? '');
  }
  const { id, inputs, outputs } = parsed.data;
  return {
    modelName: endpoint,
    modelVersion: version,
    id,
    parameters: parameters(parsed.data.parameters),
    inputs: inputs.map((t, i) => ({
      name: t.name,
      datatype: t.datatype,
      shape: t.shape.map(BigInt),
      parameters: parameters(t.parameters),
      contents: contents(t.datatype, t.data, `inputs.${i}.data`),
    })),
    outputs: outputs.map(({ name }) => ({ name, parameters: {} })),
    rawInputContents: [],
  };
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? exact(value) : value);

/** Integers that JSON numbers cannot hold are text. */
const exact = (n: bigint): number | string =>
  n >= Number.MIN_SAFE_INTEGER && n <= Number.MAX_SAFE_INTEGER ? Number(n) : String(n);

export function jsonOfResponse(answer: ModelInferResponse, raw: readonly Buffer[]): Record<string, unknown> {
  return {
    model_name: answer.modelName,
    model_version: answer.modelVersion,
    id: answer.id,
    parameters: Object.fromEntries(
      Object.entries(answer.parameters).map(([name, p]) => [name, plain(p.parameterChoice?.value)]),
    ),
    outputs: answer.outputs.map(({ name, datatype, shape }, i) => ({
      name,
      datatype,
      shape: shape.map(Number),
      data: elementsOf(datatype, raw[i] ?? Buffer.alloc(0)).map(plain),
    })),
  };
}
