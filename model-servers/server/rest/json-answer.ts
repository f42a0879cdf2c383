import type { InferParameter, ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import type { Wishes } from './json-request.ts';
import { jsonOfRaw, plain } from './json-values.ts';

export interface RestAnswer {
  readonly body: string | Buffer;
  /** Bytes of JSON before the binary data; undefined when there are none. */
  readonly headerLength: number | undefined;
}

const NOTHING = Buffer.alloc(0);

const values = (of: Readonly<Record<string, InferParameter>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(of).map(([name, p]) => [name, plain(p.parameterChoice?.value)]));

/** An answer with raw contents as a REST v2 body; outputs asked for as binary data follow the JSON. */
export function restAnswer(answer: ModelInferResponse, wishes: Wishes): RestAnswer {
  const binary: Buffer[] = [];
  const outputs = answer.outputs.map(({ name, datatype, shape }, i) => {
    const raw = answer.rawOutputContents[i] ?? NOTHING;
    const tensor = { name, datatype, shape: shape.map(Number) };
    if (!(wishes.outputs.get(name) ?? wishes.all)) return { ...tensor, data: jsonOfRaw(datatype, raw) };
    binary.push(raw);
    return { ...tensor, parameters: { binary_data_size: raw.length } };
  });
  const json = JSON.stringify({
    model_name: answer.modelName,
    model_version: answer.modelVersion,
    id: answer.id,
    parameters: values(answer.parameters),
    outputs,
  });
  if (binary.length === 0) return { body: json, headerLength: undefined };
  const head = Buffer.from(json);
  return { body: Buffer.concat([head, ...binary]), headerLength: head.length };
}
