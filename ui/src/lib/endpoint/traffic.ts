import type { TrafficView } from '@assay/domain/read-models';
import type { EndpointRoute } from '@assay/domain/route-plan';

export type ArmRole = 'champion' | 'candidate' | 'shadow' | 'other';

export interface Segment {
  readonly key: string;
  readonly arm: string;
  readonly role: ArmRole;
  readonly model: string;
  readonly version: string;
  /** Share of the answers that customers got, in [0, 1]. */
  readonly share: number;
  readonly perSecond: number;
}

export interface Split {
  readonly segments: readonly Segment[];
  /** Copies that no customer sees; no part of the split. */
  readonly shadows: readonly Segment[];
  readonly perSecond: number;
}

const ROLES: Record<string, ArmRole> = {
  champion: 'champion',
  control: 'champion',
  canary: 'candidate',
  treatment: 'candidate',
  candidate: 'candidate',
  shadow: 'shadow',
};
export const roleOfArm = (arm: string): ArmRole =>
  ROLES[arm] ?? (arm.startsWith('shadow') ? 'shadow' : 'other');

const ORDER: readonly ArmRole[] = ['champion', 'candidate', 'other', 'shadow'];

export function liveSplit(traffic: readonly TrafficView[]): Split {
  const busy = traffic.filter((t) => t.perSecond > 0);
  const answering = busy.filter((t) => roleOfArm(t.arm) !== 'shadow');
  const perSecond = answering.reduce((sum, t) => sum + t.perSecond, 0);
  const segments = busy
    .map((t) => ({
      key: `${t.arm} ${t.model} ${t.version}`,
      arm: t.arm,
      role: roleOfArm(t.arm),
      model: t.model,
      version: t.version,
      share: perSecond === 0 ? 0 : t.perSecond / perSecond,
      perSecond: t.perSecond,
    }))
    .sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.key.localeCompare(b.key));
  return {
    segments: segments.filter((s) => s.role !== 'shadow'),
    shadows: segments.filter((s) => s.role === 'shadow'),
    perSecond,
  };
}

/** Rows that answer now, busiest first, and those of versions and arms that no request comes to any more. */
export function byActivity(traffic: readonly TrafficView[]): {
  readonly now: readonly TrafficView[];
  readonly earlier: readonly TrafficView[];
} {
  const busiest = traffic.toSorted((a, b) => b.perSecond - a.perSecond);
  return { now: busiest.filter((t) => t.perSecond > 0), earlier: traffic.filter((t) => t.perSecond === 0) };
}

/** Guardrail interventions and failures since the servers started. */
export interface Totals {
  readonly answered: number;
  readonly guarded: number;
  readonly failed: number;
}
export const totalsOf = (traffic: readonly TrafficView[]): Totals =>
  traffic.reduce(
    (sum, t) => ({
      answered: sum.answered + t.answered,
      guarded: sum.guarded + t.guarded,
      failed: sum.failed + t.failed,
    }),
    { answered: 0, guarded: 0, failed: 0 },
  );

/** What the route plan says, for the time when no request comes. */
export function plannedWords(route: EndpointRoute): string {
  const weight = route.canary?.weight ?? 0;
  const parts = [`champion v${route.champion.version}`];
  if (route.canary !== undefined)
    parts.push(`canary v${route.canary.version} for ${Math.round(weight * 1_000) / 10} % of units`);
  for (const shadow of route.shadows) parts.push(`shadow v${shadow.version}`);
  for (const experiment of route.experiments) parts.push(`experiment ${experiment.id}`);
  return parts.join(', ');
}
