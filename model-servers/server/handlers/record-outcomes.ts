import { AssayError } from '@assay/domain/errors';
import type { Outcome, OutcomesReceipt } from '@assay/proto/gen/events/evidence';
import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import type { handleClientStreamingCall } from '@grpc/grpc-js';
import { unitKey } from '../../evidence/unit-key.ts';
import type { Serving } from '../context.ts';
import { endpointOf } from '../predict.ts';
import { type Recording, recordStream } from './client-stream.ts';

const invalid = (outcome: Outcome, field: string, text: string): AssayError =>
  new AssayError('OUTCOME_INVALID', `Cannot record outcome "${outcome.outcomeId}": ${text}`, { field });

function assertValid(outcome: Outcome): void {
  if (outcome.outcomeId === '') throw invalid(outcome, 'outcome_id', 'it has no id');
  if (outcome.decisionId === '' && outcome.unitId === '')
    throw invalid(outcome, 'decision_id', 'it names neither a decision nor a unit');
  if (outcome.occurredAtMs <= 0n) throw invalid(outcome, 'occurred_at_ms', 'it has no time');
  for (const [part, values] of Object.entries({ metrics: outcome.metrics, labels: outcome.labels }))
    for (const [name, value] of Object.entries(values))
      if (!Number.isFinite(value)) throw invalid(outcome, `${part}.${name}`, `${part} "${name}" is ${value}`);
}

/** How outcomes become records, whatever door they come by. */
export const outcomeRecording = (serving: Serving): Recording<Outcome> => ({
  seen: serving.seenOutcomes,
  id: (outcome) => outcome.outcomeId,
  endpoint: (outcome) => outcome.endpoint,
  encode(outcome) {
    const { table, endpoint } = endpointOf(serving, outcome.endpoint);
    assertValid(outcome);
    const { outcomeId, decisionId, unitId, occurredAtMs, metrics, labels, period } = outcome;
    const value = {
      outcomeId,
      endpoint: outcome.endpoint,
      decisionId,
      unitKey: unitId === '' ? '' : unitKey(table.unitSecret, unitId),
      occurredAtMs,
      receivedAtMs: BigInt(Date.now()),
      metrics,
      labels,
      period,
    };
    return {
      payload: EvidenceRecord.encode({ record: { $case: 'outcome', value } }).finish(),
      // An outcome's receipt promises that it is written
      mode: endpoint.route.evidence === 'fsync' ? 'fsync' : 'before-reply',
    };
  },
});

export const recordOutcomes = (serving: Serving): handleClientStreamingCall<Outcome, OutcomesReceipt> =>
  recordStream(serving, outcomeRecording(serving));
