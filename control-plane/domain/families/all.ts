import { AssayError } from '../errors.ts';
import { bidding } from './bidding.ts';
import { FAMILY_NAMES, type Family, type FamilySpec } from './family.ts';
import { forecasting } from './forecasting.ts';
import { pricing } from './pricing.ts';
import { ranking } from './ranking.ts';
import { vision } from './vision.ts';

/** A sixth family is one more file here, a codec in model-servers/families, a trainer and a response model. */
export const FAMILIES: Readonly<Record<Family, FamilySpec>> = {
  ranking,
  forecasting,
  pricing,
  bidding,
  vision,
};

/** Throws REQUEST_INVALID for a name that is no family. */
export function familySpec(name: string): FamilySpec {
  const spec = (FAMILY_NAMES as readonly string[]).includes(name) ? FAMILIES[name as Family] : undefined;
  if (spec === undefined) {
    throw new AssayError(
      'REQUEST_INVALID',
      `Cannot use family "${name}": known are ${FAMILY_NAMES.join(', ')}`,
      { field: 'family' },
    );
  }
  return spec;
}
