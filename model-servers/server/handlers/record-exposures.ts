import { AssayError } from '@assay/domain/errors';
import type { Exposure, ExposuresReceipt } from '@assay/proto/gen/events/evidence';
import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import type { handleClientStreamingCall } from '@grpc/grpc-js';
import { unitKey } from '../../evidence/unit-key.ts';
import type { Serving } from '../context.ts';
import { endpointOf } from '../predict.ts';
import { recordStream } from './client-stream.ts';

function assertValid(exposure: Exposure): void {
  const missing = (['exposureId', 'experiment', 'unitId', 'arm'] as const).find((f) => exposure[f] === '');
  if (missing !== undefined)
    throw new AssayError(
      'OUTCOME_INVALID',
      `Cannot record exposure "${exposure.exposureId}": it has no ${missing}`,
      { field: missing },
    );
}

/** A unit really saw the arm that Assign named. */
export const recordExposures = (serving: Serving): handleClientStreamingCall<Exposure, ExposuresReceipt> =>
  recordStream(serving, {
    seen: serving.seenExposures,
    id: (exposure) => exposure.exposureId,
    endpoint: (exposure) => exposure.endpoint,
    encode(exposure) {
      const { table } = endpointOf(serving, exposure.endpoint);
      assertValid(exposure);
      const { exposureId, endpoint, experiment, unitId, arm, occurredAtMs } = exposure;
      const value = {
        exposureId,
        endpoint,
        experiment,
        unitKey: unitKey(table.unitSecret, unitId),
        arm,
        occurredAtMs,
        receivedAtMs: BigInt(Date.now()),
      };
      return {
        payload: EvidenceRecord.encode({ record: { $case: 'exposure', value } }).finish(),
        mode: 'before-reply',
      };
    },
  });
