import { AssayError } from './errors.ts';
import { type EndpointRoute, type ExperimentRoute, type ServedVersion, sharesUnits } from './route-plan.ts';

/** One step of traffic; applied to the route in force inside the transaction that records it. */
export type RouteChange =
  | { readonly kind: 'shadow'; readonly version: ServedVersion; readonly sample: number }
  | {
      readonly kind: 'canary';
      readonly rollout: string;
      readonly weight: number;
      readonly version: ServedVersion;
    }
  | { readonly kind: 'experiment'; readonly experiment: ExperimentRoute }
  | { readonly kind: 'end-experiment'; readonly id: string }
  /** Takes the candidate out of every place where it takes part; the champion answers alone. */
  | { readonly kind: 'withdraw'; readonly version: ServedVersion }
  | { readonly kind: 'promote'; readonly version: ServedVersion };

const same = (a: ServedVersion, b: ServedVersion): boolean => a.model === b.model && a.version === b.version;

/** The five most recent former versions stay answerable by pin, so that truth and replay can be asked of them. */
const KEEP_PINNABLE = 5;

export function applyRouteChange(route: EndpointRoute, change: RouteChange): EndpointRoute {
  switch (change.kind) {
    case 'shadow':
      return {
        ...route,
        shadows: [...without(route, change.version).shadows, { ...change.version, sample: change.sample }],
      };
    case 'canary':
      return withCanary(route, change);
    case 'experiment':
      return withExperiment(route, change.experiment);
    case 'end-experiment':
      return { ...route, experiments: route.experiments.filter((x) => x.id !== change.id) };
    case 'withdraw':
      return { ...without(route, change.version), pinnable: pinnable(route, change.version) };
    case 'promote': {
      const rest = without(route, change.version);
      const former = pinnable(route, route.champion).filter((v) => !same(v, change.version));
      return {
        ...rest,
        champion: change.version,
        pinnable: same(route.champion, change.version) ? rest.pinnable : former,
      };
    }
  }
}

function withCanary(route: EndpointRoute, change: Extract<RouteChange, { kind: 'canary' }>): EndpointRoute {
  if (route.canary !== undefined && route.canary.rollout !== change.rollout) {
    throw new AssayError(
      'ENDPOINT_BUSY',
      `Cannot start canary "${change.rollout}" on "${route.name}": "${route.canary.rollout}" is running`,
    );
  }
  const shadows = route.shadows.filter((s) => !same(s, change.version));
  return { ...route, shadows, canary: { ...change.version, rollout: change.rollout, weight: change.weight } };
}

/** The candidate's own canary gives way to its experiment; anybody else's traffic is not taken away. */
function withExperiment(route: EndpointRoute, experiment: ExperimentRoute): EndpointRoute {
  const busy = (by: string): never => {
    throw new AssayError(
      'ENDPOINT_BUSY',
      `Cannot start experiment "${experiment.id}" on "${route.name}": ${by}`,
    );
  };
  const { canary, ...rest } = route;
  const others = route.experiments.filter((x) => x.id !== experiment.id);
  if (canary !== undefined && !experiment.arms.some((a) => a.served && same(a.served, canary)))
    busy(`canary "${canary.rollout}" is running`);
  const other = others.find((x) => sharesUnits(x, experiment));
  if (other !== undefined)
    busy(`experiment "${other.id}" has units of the same share of layer "${other.layer.id}"`);
  return { ...rest, experiments: [...others, experiment] };
}

/** A version as the route names it, wherever it gets traffic beside the champion; undefined where it gets none. */
export function candidateIn(
  route: EndpointRoute | undefined,
  ref: { readonly model: string; readonly version: string },
): ServedVersion | undefined {
  const arms = route?.experiments.flatMap((x) => x.arms.map((a) => a.served)) ?? [];
  const found = [route?.canary, ...(route?.shadows ?? []), ...arms].find(
    (v) => v?.model === ref.model && v.version === ref.version,
  );
  if (found === undefined) return undefined;
  return { ...ref, path: found.path, ...(found.digest !== undefined && { digest: found.digest }) };
}

function without(route: EndpointRoute, version: ServedVersion): EndpointRoute {
  const { canary, ...rest } = route;
  return {
    ...rest,
    ...(canary && !same(canary, version) && { canary }),
    shadows: route.shadows.filter((s) => !same(s, version)),
    experiments: route.experiments.filter((x) => !x.arms.some((a) => a.served && same(a.served, version))),
  };
}

const pinnable = (route: EndpointRoute, version: ServedVersion): readonly ServedVersion[] =>
  [version, ...route.pinnable.filter((v) => !same(v, version))].slice(0, KEEP_PINNABLE);
