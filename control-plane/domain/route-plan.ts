import { AssayError } from './errors.ts';
import { FAMILY_NAMES, type Family } from './families/family.ts';
import { type JsonReader, jsonReader } from './json-read.ts';
import { type Policy, parsePolicy } from './policy.ts';

export const PLACES = ['inline', 'process'] as const;

/** Where and how long a version may run; what is absent is decided by measuring the model when it is loaded. */
export interface Hosting {
  /** `inline`: on the server's own thread, which answers nobody else meanwhile; `process`: always in a process of its own. */
  readonly place?: (typeof PLACES)[number];
  /** A run in a process that takes longer is ended with it; the server's limit when absent. */
  readonly timeLimitMs?: number;
}

/** A model version that a server can load. `path` is relative to the plan's file, or to the artifact folder when streamed. */
export interface ServedVersion {
  readonly model: string;
  readonly version: string;
  readonly path: string;
  /** Hex SHA-256 of the ONNX file; checked at load where given. */
  readonly digest?: string;
  readonly hosting?: Hosting;
}

export interface CanaryRoute extends ServedVersion {
  readonly rollout: string;
  /** Share of units in [0, 1]. */
  readonly weight: number;
}

export interface ShadowRoute extends ServedVersion {
  /** Share of requests copied, in (0, 1]. */
  readonly sample: number;
}

/** An arm without a version serves the champion. */
export interface ArmRoute {
  readonly name: string;
  readonly weight: number;
  readonly served?: ServedVersion;
}

export interface ExperimentRoute {
  readonly id: string;
  readonly layer: { readonly id: string; readonly from: number; readonly to: number };
  readonly arms: readonly ArmRoute[];
  /** Units named for the arm `treatment` (geo and synthetic-control designs); everybody else is `control`. Hashing is then not used. */
  readonly treatedUnits?: readonly string[];
}

export const EVIDENCE_MODES = ['before-reply', 'fsync', 'async'] as const;
export type EvidenceMode = (typeof EVIDENCE_MODES)[number];

export interface EndpointRoute {
  readonly name: string;
  readonly family: Family;
  readonly champion: ServedVersion;
  readonly canary?: CanaryRoute;
  readonly shadows: readonly ShadowRoute[];
  readonly experiments: readonly ExperimentRoute[];
  readonly policy: Policy;
  /** `family-default`: the family's constant answer; `none`: the error itself. */
  readonly fallback: 'family-default' | 'none';
  readonly evidence: EvidenceMode;
  /** Versions no longer routed to but still answered when pinned. */
  readonly pinnable: readonly ServedVersion[];
}

export interface RoutePlan {
  readonly version: 1;
  readonly endpoints: readonly EndpointRoute[];
}

/** Keys that each part of a plan has; `route-plan-schema.ts` publishes them. */
export const PLAN_KEYS = {
  plan: ['$schema', 'version', 'endpoints'],
  endpoint: [
    'name',
    'family',
    'champion',
    'canary',
    'shadows',
    'experiments',
    'policy',
    'fallback',
    'evidence',
    'pinnable',
  ],
  served: ['model', 'version', 'path', 'digest', 'hosting'],
  canary: ['model', 'version', 'path', 'digest', 'hosting', 'rollout', 'weight'],
  shadow: ['model', 'version', 'path', 'digest', 'hosting', 'sample'],
  hosting: ['place', 'timeLimitMs'],
  experiment: ['id', 'layer', 'arms', 'treatedUnits'],
  layer: ['id', 'from', 'to'],
  arm: ['name', 'weight', 'served'],
} as const;

/** Parses the published schema. Throws PLAN_INVALID (or POLICY_INVALID) naming the field; a server keeps its old plan then. */
export function parseRoutePlan(value: unknown): RoutePlan {
  const read = jsonReader('PLAN_INVALID', 'route plan');
  const plan = read.only(value, '', PLAN_KEYS.plan);
  if (plan.version !== 1) read.fail('version', `must be 1, not ${JSON.stringify(plan.version)}`);
  const endpoints = read
    .list(plan.endpoints, 'endpoints')
    .map((e, i) => endpointRoute(read, e, `endpoints[${i}]`));
  const names = new Set<string>();
  for (const [i, e] of endpoints.entries()) {
    if (names.has(e.name)) read.fail(`endpoints[${i}].name`, `repeats the endpoint "${e.name}"`);
    names.add(e.name);
  }
  return { version: 1, endpoints };
}

function endpointRoute(read: JsonReader, value: unknown, at: string): EndpointRoute {
  const e = read.only(value, at, PLAN_KEYS.endpoint);
  const family = read.oneOf(e.family, `${at}.family`, FAMILY_NAMES);
  const optionalList = (key: string): readonly unknown[] =>
    e[key] === undefined ? [] : read.list(e[key], `${at}.${key}`);
  const canary =
    e.canary === undefined || e.canary === null ? undefined : canaryRoute(read, e.canary, `${at}.canary`);
  const experiments = optionalList('experiments').map((x, i) =>
    experimentRoute(read, x, `${at}.experiments[${i}]`),
  );
  for (const [i, x] of experiments.entries()) {
    const other = experiments.slice(0, i).find((y) => y.id === x.id || sharesUnits(x, y));
    if (other !== undefined)
      read.fail(`${at}.experiments[${i}]`, `takes units or the id of experiment "${other.id}"`);
  }
  return {
    name: read.text(e.name, `${at}.name`),
    family,
    champion: servedVersion(read, e.champion, `${at}.champion`),
    ...(canary && { canary }),
    shadows: optionalList('shadows').map((s, i) => shadowRoute(read, s, `${at}.shadows[${i}]`)),
    experiments,
    policy: policyOf(e.policy, family, `${at}.policy`),
    fallback:
      e.fallback === undefined
        ? 'family-default'
        : read.oneOf(e.fallback, `${at}.fallback`, ['family-default', 'none']),
    evidence:
      e.evidence === undefined ? 'before-reply' : read.oneOf(e.evidence, `${at}.evidence`, EVIDENCE_MODES),
    pinnable: optionalList('pinnable').map((v, i) => servedVersion(read, v, `${at}.pinnable[${i}]`)),
  };
}

/** Which endpoint's policy is unfit is part of the refusal. */
function policyOf(value: unknown, family: Family, at: string): Policy {
  if (isEmpty(value)) return { rules: [] };
  try {
    return parsePolicy(value, family);
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    const field = `${at}.${cause.field ?? ''}`;
    throw new AssayError(cause.code, `${cause.message} ("${field}")`, { field, cause });
  }
}

/** `"policy":{}` and an absent policy both mean no rules. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);

function servedVersion(
  read: JsonReader,
  value: unknown,
  at: string,
  keys: readonly string[] = PLAN_KEYS.served,
): ServedVersion {
  const v = read.only(value, at, keys);
  const digest = read.optionalText(v.digest, `${at}.digest`);
  return {
    model: read.text(v.model, `${at}.model`),
    version: read.text(v.version, `${at}.version`),
    path: read.text(v.path, `${at}.path`),
    ...(digest !== undefined && { digest }),
    ...(v.hosting !== undefined && { hosting: hostingOf(read, v.hosting, `${at}.hosting`) }),
  };
}

/** Bounds of a run's time limit in ms. */
export const TIME_LIMIT_MS = { least: 10, most: 3_600_000 } as const;

function hostingOf(read: JsonReader, value: unknown, at: string): Hosting {
  const { place, timeLimitMs } = read.only(value, at, PLAN_KEYS.hosting);
  const { least, most } = TIME_LIMIT_MS;
  return {
    ...(place !== undefined && { place: read.oneOf(place, `${at}.place`, PLACES) }),
    ...(timeLimitMs !== undefined && {
      timeLimitMs: read.number(timeLimitMs, `${at}.timeLimitMs`, least, most),
    }),
  };
}

function canaryRoute(read: JsonReader, value: unknown, at: string): CanaryRoute {
  const c = read.object(value, at);
  return {
    ...servedVersion(read, c, at, PLAN_KEYS.canary),
    rollout: read.text(c.rollout, `${at}.rollout`),
    weight: read.number(c.weight, `${at}.weight`, 0, 1),
  };
}

function shadowRoute(read: JsonReader, value: unknown, at: string): ShadowRoute {
  const s = read.object(value, at);
  return {
    ...servedVersion(read, s, at, PLAN_KEYS.shadow),
    sample: s.sample === undefined ? 1 : read.number(s.sample, `${at}.sample`, 0, 1),
  };
}

/** In one layer shares must not meet; a design that names its units takes them all. */
export const sharesUnits = (a: ExperimentRoute, b: ExperimentRoute): boolean =>
  a.treatedUnits !== undefined ||
  b.treatedUnits !== undefined ||
  (a.layer.id === b.layer.id && a.layer.from < b.layer.to && b.layer.from < a.layer.to);

function experimentRoute(read: JsonReader, value: unknown, at: string): ExperimentRoute {
  const x = read.only(value, at, PLAN_KEYS.experiment);
  const layer = read.only(x.layer, `${at}.layer`, PLAN_KEYS.layer);
  const from = read.number(layer.from, `${at}.layer.from`, 0, 1);
  const arms = read.list(x.arms, `${at}.arms`).map((a, i) => armRoute(read, a, `${at}.arms[${i}]`));
  if (arms.length < 2) read.fail(`${at}.arms`, 'needs at least two arms');
  if (new Set(arms.map((a) => a.name)).size < arms.length) read.fail(`${at}.arms`, 'names an arm twice');
  const total = arms.reduce((sum, a) => sum + a.weight, 0);
  if (Math.abs(total - 1) > 1e-9) read.fail(`${at}.arms`, `weights sum to ${total}, not 1`);
  const units = x.treatedUnits === undefined ? undefined : read.list(x.treatedUnits, `${at}.treatedUnits`);
  return {
    id: read.text(x.id, `${at}.id`),
    layer: {
      id: read.text(layer.id, `${at}.layer.id`),
      from,
      to: read.number(layer.to, `${at}.layer.to`, from, 1),
    },
    arms,
    ...(units && { treatedUnits: units.map((u, i) => read.text(u, `${at}.treatedUnits[${i}]`)) }),
  };
}

function armRoute(read: JsonReader, value: unknown, at: string): ArmRoute {
  const a = read.only(value, at, PLAN_KEYS.arm);
  const served = a.served === undefined ? undefined : servedVersion(read, a.served, `${at}.served`);
  return {
    name: read.text(a.name, `${at}.name`),
    weight: read.number(a.weight, `${at}.weight`, 0, 1),
    ...(served && { served }),
  };
}
