import { ELEMENT_BYTES } from '../../runtime/datatypes.ts';

type Schema = Readonly<Record<string, unknown>>;

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema): Schema => ({ 'application/json': { schema } });
const answer = (description: string, schema: Schema): Schema => ({ description, content: json(schema) });
const PROBLEM = {
  description: 'RFC 9457; `error` is the title again, for clients of the protocol',
  content: { 'application/problem+json': { schema: ref('Problem') } },
};
const refusals = (...codes: readonly number[]): Schema =>
  Object.fromEntries(codes.map((code) => [String(code), PROBLEM]));

const parameter = (name: string, description: string): Schema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});
const NAME = parameter('name', 'Endpoint of the route plan');
const VERSION = parameter('version', 'Version of the model that answers, outside of every comparison');
const HEADER_LENGTH = {
  name: 'Inference-Header-Content-Length',
  in: 'header',
  required: false,
  description: 'Bytes of JSON, where binary data follow it',
  schema: { type: 'integer', minimum: 1 },
};

const object = (properties: Schema, required: readonly string[] = Object.keys(properties)): Schema => ({
  type: 'object',
  required,
  properties,
});
const text: Schema = { type: 'string' };
const yes: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const numbers: Schema = { type: 'object', additionalProperties: { type: 'number' } };

const TENSOR = {
  name: text,
  datatype: { enum: [...ELEMENT_BYTES.keys()] },
  shape: listOf({ type: 'integer' }),
};

const SCHEMAS = {
  Parameters: {
    type: 'object',
    description: 'unit_id keeps a unit in its arm; binary_data_output asks for binary data of all outputs',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
  },
  Data: {
    type: 'array',
    items: {},
    description: 'Flat or nested as the shape is. INT64 and UINT64 are exact past 2^53',
  },
  RequestInput: object({ ...TENSOR, parameters: ref('Parameters'), data: ref('Data') }, Object.keys(TENSOR)),
  RequestOutput: object({ name: text, parameters: ref('Parameters') }, ['name']),
  InferRequest: object(
    {
      id: text,
      model_name: text,
      parameters: ref('Parameters'),
      inputs: listOf(ref('RequestInput')),
      outputs: listOf(ref('RequestOutput')),
    },
    ['inputs'],
  ),
  InferResponse: object({
    model_name: text,
    model_version: text,
    id: text,
    parameters: {
      ...ref('Parameters'),
      description: 'decision_id, served_version, arm, reason, guardrail, unit_id, route_version, sticky',
    },
    outputs: listOf(
      object({ ...TENSOR, parameters: ref('Parameters'), data: ref('Data') }, Object.keys(TENSOR)),
    ),
  }),
  ServerMetadata: object({ name: text, version: text, extensions: listOf(text) }),
  ModelMetadata: object({
    name: text,
    versions: listOf(text),
    platform: text,
    inputs: listOf(object(TENSOR)),
    outputs: listOf(object(TENSOR)),
  }),
  ModelIndex: listOf(object({ name: text, version: text, state: text, reason: text })),
  Outcomes: object({
    outcomes: listOf(
      object(
        {
          outcome_id: text,
          endpoint: text,
          decision_id: text,
          unit_id: text,
          occurred_at_ms: { type: 'integer' },
          metrics: numbers,
          labels: numbers,
          period: { type: 'integer' },
        },
        ['outcome_id', 'endpoint', 'occurred_at_ms'],
      ),
    ),
  }),
  Receipt: object({
    accepted: count,
    duplicates: count,
    refused: listOf(object({ id: text, code: text, message: text })),
  }),
  Problem: object(
    {
      ...{ type: text, title: text, status: count, code: text, remedy: text },
      ...{ instance: text, error: text, field: text },
    },
    ['type', 'title', 'status', 'code', 'remedy', 'instance', 'error'],
  ),
};

const binary: Schema = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

/** The paths of one endpoint, with or without a pinned version. */
const modelPaths = (path: string, parameters: readonly Schema[], suffix: string): Schema => ({
  [path]: {
    parameters,
    get: {
      operationId: `modelMetadata${suffix}`,
      responses: { 200: answer('The signature', ref('ModelMetadata')), ...refusals(404, 503) },
    },
  },
  [`${path}/ready`]: {
    parameters,
    get: {
      operationId: `modelReady${suffix}`,
      responses: {
        200: answer('It answered its warm-up', object({ name: text, ready: yes })),
        ...refusals(404, 503),
      },
    },
  },
  [`${path}/infer`]: {
    parameters: [...parameters, HEADER_LENGTH],
    post: {
      operationId: `modelInfer${suffix}`,
      requestBody: { required: true, content: { ...json(ref('InferRequest')), ...binary } },
      responses: {
        200: { description: 'The answer', content: { ...json(ref('InferResponse')), ...binary } },
        ...refusals(400, 401, 403, 404, 429, 499, 500, 503, 504),
      },
    },
  },
});

const plainGet = (operationId: string, description: string, schema: Schema, more: Schema = {}): Schema => ({
  get: { operationId, responses: { 200: answer(description, schema), ...more } },
});

/** What this server speaks over HTTP; OpenAPI 3.1. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Assay model server: Open Inference Protocol v2 over REST',
    version: '2',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  paths: {
    '/v2': plainGet('serverMetadata', 'The server', ref('ServerMetadata')),
    '/v2/health/live': plainGet('serverLive', 'The process answers', object({ live: yes })),
    '/v2/health/ready': plainGet('serverReady', 'It has a route plan', object({ ready: yes }), {
      503: answer('It has none yet', object({ ready: yes })),
    }),
    ...modelPaths('/v2/models/{name}', [NAME], ''),
    ...modelPaths('/v2/models/{name}/versions/{version}', [NAME, VERSION], 'Version'),
    '/v2/repository/index': {
      post: {
        operationId: 'repositoryIndex',
        responses: { 200: answer('What a pin may name', ref('ModelIndex')) },
      },
    },
    '/v2/outcomes': {
      post: {
        operationId: 'recordOutcomes',
        requestBody: { required: true, content: json(ref('Outcomes')) },
        responses: { 200: answer('What was taken', ref('Receipt')), ...refusals(400, 401, 403, 429, 503) },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        responses: {
          200: { description: 'Prometheus text format', content: { 'text/plain': { schema: text } } },
        },
      },
    },
    '/openapi.json': plainGet('openapi', 'This document', { type: 'object' }),
  },
  components: { schemas: SCHEMAS },
};
