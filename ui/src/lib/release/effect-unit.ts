import { FAMILIES } from '@assay/domain/families/all';
import type { FamilySpec } from '@assay/domain/families/family';
import { humanize } from '../shared/format.ts';

/** “cents per session”; a metric or a family that this page does not know is shown by its name. */
export function effectUnit(family: string, metric: string): string {
  const spec = (FAMILIES as Readonly<Record<string, FamilySpec>>)[family];
  const known = spec === undefined ? [] : [spec.northStar, ...spec.guardrails];
  return known.find((m) => m.name === metric)?.unit ?? humanize(metric);
}
