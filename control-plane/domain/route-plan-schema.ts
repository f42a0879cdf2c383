import { FAMILY_NAMES } from './families/family.ts';
import { RULES } from './policy.ts';
import { EVIDENCE_MODES, PLACES, type PLAN_KEYS, TIME_LIMIT_MS } from './route-plan.ts';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });
const share = (description: string): Schema => ({ type: 'number', minimum: 0, maximum: 1, description });
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description });
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });

/** An object with exactly these keys; `PLAN_KEYS` has the same ones, which a test holds against each other. */
const object = (required: readonly string[], properties: Schema): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

const SERVED: Schema = {
  model: text('Registered model'),
  version: text('Version of the model; what model_version may pin'),
  path: text('ONNX file; relative to the plan file, or to the artifact folder when the plan is streamed'),
  digest: {
    type: ['string', 'null'],
    minLength: 1,
    description: 'Hex SHA-256 of the file; checked at load where given',
  },
  hosting: ref('hosting'),
};
const SERVED_KEYS = ['model', 'version', 'path'];

const kinds = Object.entries(RULES);

const RULE: Schema = {
  type: 'object',
  required: ['id', 'kind', 'action'],
  properties: { id: text('Unique in the policy'), kind: { enum: kinds.map(([kind]) => kind) } },
  allOf: kinds.map(([kind, { limit, actions }]) => ({
    if: { properties: { kind: { const: kind } } },
    // biome-ignore lint/suspicious/noThenProperty: the word is JSON Schema's
    then: {
      properties: { action: { enum: actions }, ...(limit && { limit: { type: 'number', minimum: 0 } }) },
      ...(limit && { required: ['limit'] }),
    },
  })),
};

/** The rules of a policy belong to the endpoint's family. */
const familyRules = FAMILY_NAMES.map((family) => ({
  if: { properties: { family: { const: family } } },
  // biome-ignore lint/suspicious/noThenProperty: the word is JSON Schema's
  then: {
    properties: {
      policy: {
        properties: {
          rules: {
            items: {
              properties: { kind: { enum: kinds.filter(([, r]) => r.family === family).map(([k]) => k) } },
            },
          },
        },
      },
    },
  },
}));

const DEFS = {
  hosting: object([], {
    place: {
      enum: PLACES,
      description:
        'inline: on the server’s own thread, which answers nobody else meanwhile; process: in a process of its own; absent: as measured when it is loaded',
    },
    timeLimitMs: {
      type: 'number',
      minimum: TIME_LIMIT_MS.least,
      maximum: TIME_LIMIT_MS.most,
      description:
        'A run in a process that takes longer is ended with it; ASSAY_MODEL_TIME_LIMIT_MS when absent',
    },
  }),
  served: object(SERVED_KEYS, SERVED),
  canary: object([...SERVED_KEYS, 'rollout', 'weight'], {
    ...SERVED,
    rollout: text('Salt of the canary: raising its weight moves no unit out'),
    weight: share('Share of units'),
  }),
  shadow: object(SERVED_KEYS, { ...SERVED, sample: share('Share of requests copied; 1 when absent') }),
  experiment: object(['id', 'layer', 'arms'], {
    id: text('Unique in the endpoint'),
    layer: object(['id', 'from', 'to'], {
      id: text('Experiments of a layer have shares that do not meet'),
      from: share('Where the share of units begins'),
      to: share('Where it ends; not before from'),
    }),
    arms: { type: 'array', minItems: 2, items: ref('arm'), description: 'Their weights sum to 1' },
    treatedUnits: list(text('Unit id'), 'Units of the arm "treatment"; all others are "control"'),
  }),
  arm: object(['name', 'weight'], {
    name: text('Unique in the experiment'),
    weight: share('Share of the experiment’s units'),
    served: ref('served'),
  }),
  policy: {
    anyOf: [
      { type: 'null' },
      { type: 'object', maxProperties: 0 },
      { type: 'object', required: ['rules'], properties: { rules: list(RULE, 'In the order they apply') } },
    ],
  },
  endpoint: {
    ...object(['name', 'family', 'champion'], {
      name: text('What clients send as model_name; unique in the plan'),
      family: { enum: FAMILY_NAMES },
      champion: ref('served'),
      canary: { anyOf: [{ type: 'null' }, ref('canary')] },
      shadows: list(ref('shadow'), 'Versions that get a copy after the answer'),
      experiments: list(ref('experiment'), 'Looked at before the canary, in this order'),
      policy: ref('policy'),
      fallback: { enum: ['family-default', 'none'] },
      evidence: { enum: EVIDENCE_MODES },
      pinnable: list(ref('served'), 'Versions answered only when they are pinned'),
    }),
    allOf: familyRules,
  },
};

/**
 * JSON Schema (2020-12) of what `parseRoutePlan` takes. The parser goes further where a schema cannot: names and ids that
 * repeat, weights that do not sum to 1, shares that meet or end before they begin.
 */
export const ROUTE_PLAN_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Assay route plan, version 1',
  ...object(['version', 'endpoints'], {
    $schema: { description: 'For editors; not read' },
    version: { const: 1 },
    endpoints: list(ref('endpoint'), 'What clients call'),
  }),
  $defs: DEFS,
} as const;

/** Keys by part, for the test that holds them against the parser's. */
export const schemaKeys = (part: keyof typeof PLAN_KEYS): readonly string[] => {
  const { experiment } = DEFS;
  const schema: Schema =
    part === 'plan'
      ? ROUTE_PLAN_SCHEMA
      : part === 'layer'
        ? ((experiment.properties as Schema).layer as Schema)
        : DEFS[part];
  return Object.keys(schema.properties as Schema);
};
