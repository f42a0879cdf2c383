import type { EvidenceServer } from '@assay/proto/gen/events/evidence';
import type { Serving } from '../context.ts';
import { assignUnit } from './assign.ts';
import { recordExposures } from './record-exposures.ts';
import { recordOutcomes } from './record-outcomes.ts';
import { guardedUnary } from './unary.ts';

export const evidenceHandlers = (serving: Serving): EvidenceServer => ({
  recordOutcomes: recordOutcomes(serving),
  recordExposures: recordExposures(serving),
  assign: guardedUnary(serving.access, (request) => assignUnit(serving, request)),
});
