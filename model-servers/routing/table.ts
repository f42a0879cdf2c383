import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@assay/domain/canonical-json';
import { FAMILIES } from '@assay/domain/families/all';
import type { FamilySpec } from '@assay/domain/families/family';
import type { EndpointRoute, ExperimentRoute, RoutePlan, ServedVersion } from '@assay/domain/route-plan';
import { CODECS } from '../families/all.ts';
import type { Codec } from '../families/codec.ts';
import type { LoadedModel } from '../runtime/model.ts';

/** A version with its session. */
export interface Hosted {
  readonly served: ServedVersion;
  readonly model: LoadedModel;
}

export interface HostedExperiment {
  readonly route: ExperimentRoute;
  readonly weights: readonly number[];
  readonly arms: readonly Hosted[];
  readonly treated: ReadonlySet<string> | undefined;
}

/** Everything that a request to one endpoint needs, looked up once a plan and not once a request. */
export interface Endpoint {
  readonly route: EndpointRoute;
  readonly spec: FamilySpec;
  readonly codec: Codec;
  readonly policyDigest: string;
  readonly champion: Hosted;
  readonly canary: Hosted | undefined;
  readonly experiments: readonly HostedExperiment[];
  readonly shadows: readonly { readonly hosted: Hosted; readonly sample: number }[];
  /** By version text; what a pin may name. */
  readonly pins: ReadonlyMap<string, Hosted>;
  readonly hosted: readonly Hosted[];
}

/** A plan in force; replaced as a whole. */
export interface RouteTable {
  readonly routeVersion: bigint;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly unitSecret: Buffer;
}

export const versionKey = (v: ServedVersion): string => `${v.model}\n${v.version}\n${v.path}`;

/** Every version that an endpoint names, in the order in which a pin is resolved. */
export const versionsOf = (route: EndpointRoute): readonly ServedVersion[] => [
  route.champion,
  ...(route.canary ? [route.canary] : []),
  ...route.experiments.flatMap((x) => x.arms.flatMap((a) => (a.served ? [a.served] : []))),
  ...route.shadows,
  ...route.pinnable,
];

/** `models` has every version of the plan, by family and versionKey. */
export function compileTable(
  plan: RoutePlan,
  models: ReadonlyMap<string, LoadedModel>,
  routeVersion: bigint,
  unitSecret: Buffer,
): RouteTable {
  const endpoints = new Map(plan.endpoints.map((route) => [route.name, compileEndpoint(route, models)]));
  return { routeVersion, endpoints, unitSecret };
}

export const modelKey = (route: EndpointRoute, v: ServedVersion): string =>
  `${route.family}\n${versionKey(v)}`;

function compileEndpoint(route: EndpointRoute, models: ReadonlyMap<string, LoadedModel>): Endpoint {
  const host = (served: ServedVersion): Hosted => ({
    served,
    model: models.get(modelKey(route, served)) as LoadedModel,
  });
  const champion = host(route.champion);
  const pins = new Map<string, Hosted>();
  const hosted = versionsOf(route).map(host);
  for (const h of hosted) if (!pins.has(h.served.version)) pins.set(h.served.version, h);
  return {
    route,
    spec: FAMILIES[route.family],
    codec: CODECS[route.family](route.policy),
    policyDigest: createHash('sha256')
      .update(canonicalJson(route.policy as unknown as Json))
      .digest('hex'),
    champion,
    canary: route.canary && host(route.canary),
    experiments: route.experiments.map((x) => ({
      route: x,
      weights: x.arms.map((a) => a.weight),
      arms: x.arms.map((a) => (a.served ? host(a.served) : champion)),
      treated: x.treatedUnits && new Set(x.treatedUnits),
    })),
    shadows: route.shadows.map((s) => ({ hosted: host(s), sample: s.sample })),
    pins,
    hosted,
  };
}
