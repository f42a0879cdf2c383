import type { ModelInferRequest } from '@assay/proto/gen/inference/open_inference_grpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fp32, infer, pricingInputs, refusal, requestOf, type Sent } from './inference-calls.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

const LIMIT = 100_000;
let server: ModelServerProcess;
let strict: ModelServerProcess;

beforeAll(async () => {
  const plan = [endpoint('price', 'pricing', 'pricing-elastic')];
  server = await ModelServerProcess.start(plan, { env: { ASSAY_MAX_MESSAGE_BYTES: String(LIMIT) } });
  const tokens = {
    good: { subject: 'shop', role: 'serving-client' },
    reader: { subject: 'ann', role: 'auditor' },
  };
  strict = await ModelServerProcess.start(plan, {
    env: { ASSAY_AUTH: 'required', ASSAY_TOKENS: JSON.stringify(tokens) },
  });
});
afterAll(() => Promise.all([server[Symbol.asyncDispose](), strict[Symbol.asyncDispose]()]));

const [context, reference, cost] = pricingInputs(200, 100) as [Sent, Sent, Sent];
const good = (): ModelInferRequest => requestOf('price', [context, reference, cost]);
const withInputs = (...inputs: Sent[]): ModelInferRequest => requestOf('price', inputs);
const withShape = (...shape: bigint[]): ModelInferRequest => {
  const request = good();
  (request.inputs[0] as { shape: bigint[] }).shape = shape;
  return request;
};
const typed = (fields: object): ModelInferRequest => {
  const request = good();
  request.rawInputContents = [];
  const empty = {
    boolContents: [],
    intContents: [],
    int64Contents: [],
    uintContents: [],
    uint64Contents: [],
    fp32Contents: [],
    fp64Contents: [],
    bytesContents: [],
  };
  request.inputs = request.inputs.map((t, i) => ({
    ...t,
    contents: i === 0 ? { ...empty, ...fields } : { ...empty, fp32Contents: [200] },
  }));
  return request;
};

const seven = [0, 0, 0, 0, 0, 0, 0];
const overlapping = (): ModelInferRequest => ({
  ...typed({ fp32Contents: seven }),
  rawInputContents: good().rawInputContents,
});

test.for<{ name: string; request: ModelInferRequest; reason: string; field: string }>([
  {
    name: 'an input is missing',
    request: withInputs(context, reference),
    reason: 'INPUT_MISSING',
    field: 'inputs',
  },
  { name: 'no input at all', request: withInputs(), reason: 'INPUT_MISSING', field: 'inputs' },
  {
    name: 'a wrong name',
    request: withInputs(context, reference, { ...cost, name: 'costs' }),
    reason: 'INPUT_UNKNOWN',
    field: 'inputs[2].name',
  },
  {
    name: 'a name twice',
    request: withInputs(context, reference, cost, cost),
    reason: 'INPUT_UNKNOWN',
    field: 'inputs[3].name',
  },
  {
    name: 'a wrong datatype',
    request: withInputs({ ...context, datatype: 'FP64' }, reference, cost),
    reason: 'INPUT_DATATYPE',
    field: 'inputs[0].datatype',
  },
  { name: 'a wrong width', request: withShape(1n, 8n), reason: 'INPUT_SHAPE', field: 'inputs[0].shape' },
  { name: 'a missing dimension', request: withShape(7n), reason: 'INPUT_SHAPE', field: 'inputs[0].shape' },
  { name: 'no rows', request: withShape(0n, 7n), reason: 'INPUT_SHAPE', field: 'inputs[0].shape' },
  {
    name: 'a negative dimension',
    request: withShape(-1n, 7n),
    reason: 'INPUT_SHAPE',
    field: 'inputs[0].shape',
  },
  {
    name: 'a byte count that wraps 64 bits',
    request: withShape(2n ** 62n, 7n),
    reason: 'INPUT_SHAPE',
    field: 'inputs[0].shape',
  },
  {
    name: 'rows that differ',
    request: withInputs(context, fp32('reference_price_cents', [2], [1, 2]), cost),
    reason: 'INPUT_SHAPE',
    field: 'inputs[1].shape',
  },
  {
    name: 'too few bytes',
    request: withInputs({ ...context, data: context.data.subarray(4) }, reference, cost),
    reason: 'INPUT_BYTES',
    field: 'raw_input_contents[0]',
  },
  {
    name: 'raw contents for two of three',
    request: { ...good(), rawInputContents: good().rawInputContents.slice(1) },
    reason: 'INPUT_BYTES',
    field: 'raw_input_contents',
  },
  {
    name: 'raw and typed contents',
    request: overlapping(),
    reason: 'INPUT_BYTES',
    field: 'inputs[0].contents',
  },
  {
    name: 'typed contents of another type',
    request: typed({ fp64Contents: seven }),
    reason: 'INPUT_BYTES',
    field: 'inputs[0].contents',
  },
  {
    name: 'too few typed values',
    request: typed({ fp32Contents: [1] }),
    reason: 'INPUT_BYTES',
    field: 'inputs[0].contents',
  },
  {
    name: 'a NaN price',
    request: withInputs(context, fp32('reference_price_cents', [1], [Number.NaN]), cost),
    reason: 'INPUT_NOT_FINITE',
    field: 'inputs[1].contents[0]',
  },
  {
    name: 'an infinite feature',
    request: withInputs(
      fp32('context', [1, 7], [0, 0, 0, Number.POSITIVE_INFINITY, 0, 0, 0]),
      reference,
      cost,
    ),
    reason: 'INPUT_NOT_FINITE',
    field: 'inputs[0].contents[3]',
  },
  {
    name: 'an output that nobody has',
    request: { ...good(), outputs: [{ name: 'discount', parameters: {} }] },
    reason: 'OUTPUT_UNKNOWN',
    field: 'outputs[0].name',
  },
  {
    name: 'an empty unit id',
    request: requestOf('price', [context, reference, cost], { unit: '' }),
    reason: 'PARAMETER_INVALID',
    field: 'parameters.unit_id',
  },
])('$name: INVALID_ARGUMENT, $reason', async ({ request, reason, field }) => {
  const refused = await refusal(infer(server, request));
  expect([refused.code, refused.reason, refused.metadata.field]).toEqual([3, reason, field]);
  expect(refused.metadata.remedy).not.toBe('');
});

test('a message over the limit is RESOURCE_EXHAUSTED, and the server goes on', async () => {
  const rows = LIMIT;
  const large = withInputs(fp32('context', [rows, 7], new Array<number>(rows * 7).fill(0)), reference, cost);
  expect((await refusal(infer(server, large))).code).toBe(8);
  expect((await infer(server, good())).version).toBe('1');
});

test('typed contents are answered with typed contents', async () => {
  const told = await infer(server, typed({ fp32Contents: seven }));
  expect(told.answer.rawOutputContents).toEqual([]);
  expect(told.answer.outputs[0]?.contents?.fp32Contents).toHaveLength(1);
});

test('only what was asked for', async () => {
  const told = await infer(server, {
    ...good(),
    outputs: [{ name: 'purchase_probability', parameters: {} }],
  });
  expect(Object.keys(told.values)).toEqual(['purchase_probability']);
});

test('tokens: wrong ones always refused, needed where they are required, and with the right role', async () => {
  expect((await refusal(infer(server, good(), 'stolen'))).reason).toBe('UNAUTHENTICATED');
  expect((await refusal(infer(strict, good()))).reason).toBe('UNAUTHENTICATED');
  expect((await refusal(infer(strict, good(), 'reader'))).reason).toBe('PERMISSION_DENIED');
  expect((await infer(strict, good(), 'good')).version).toBe('1');
});

const rest = (path: string, body?: unknown): Promise<Response> =>
  fetch(`${server.http}${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });

const restInputs = (price: unknown): object => ({
  id: 'r-1',
  parameters: { unit_id: 'anna' },
  inputs: [
    { name: 'context', datatype: 'FP32', shape: [1, 7], data: [seven] },
    { name: 'reference_price_cents', datatype: 'FP32', shape: [1], data: [price] },
    { name: 'cost_cents', datatype: 'FP32', shape: [1], data: [100] },
  ],
});

test('REST on the same names gives the same answer and refuses the same', async () => {
  const answer = await (await rest('/v2/models/price/infer', restInputs(200))).json();
  const told = await infer(server, good());
  expect(answer.outputs.map((o: { data: number[] }) => o.data)).toEqual([
    told.values.price_cents,
    told.values.purchase_probability,
  ]);
  expect(answer).toMatchObject({
    model_name: 'price',
    model_version: '1',
    id: 'r-1',
    parameters: { unit_id: 'anna', sticky: true },
  });
  const refused = async (r: Response): Promise<unknown> => [r.status, (await r.json()).code];
  expect(await refused(await rest('/v2/models/price/infer', restInputs('200')))).toEqual([
    400,
    'REQUEST_INVALID',
  ]);
  expect(await refused(await rest('/v2/models/price/infer', {}))).toEqual([400, 'REQUEST_INVALID']);
  expect(await refused(await rest('/v2/models/none/infer', restInputs(200)))).toEqual([
    404,
    'ENDPOINT_UNKNOWN',
  ]);
  expect(await refused(await rest('/v2/models/price/infer', 'x'.repeat(2 * LIMIT)))).toEqual([
    429,
    'MESSAGE_TOO_LARGE',
  ]);
  expect(await refused(await rest('/v2/nothing'))).toEqual([404, 'NOT_FOUND']);
  expect(await (await rest('/v2/models/price')).json()).toMatchObject({ name: 'price', versions: ['1'] });
  expect((await rest('/v2/models/price/versions/9/ready')).status).toBe(404);
  expect((await rest('/v2/models/none/ready')).status).toBe(404);
  expect(await (await rest('/v2/models/price/versions/1/ready')).json()).toEqual({
    name: 'price',
    ready: true,
  });
});
