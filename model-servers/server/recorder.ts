import type { EvidenceMode } from '@assay/domain/route-plan';
import type { Wal } from '../evidence/wal.ts';
import type { Answered } from './answer.ts';
import { answeredRecord, type Decision, refusedRecord, shadowRecord } from './record.ts';

/** Writes decisions' records; what it promises is kept when the record is as safe as the endpoint's evidence mode says. */
export class Recorder {
  readonly #wal: Wal;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  answered(decision: Decision, answered: Answered): Promise<void> {
    return this.#append(answeredRecord(decision, answered), decision.endpoint.route.evidence);
  }

  refused(decision: Decision, status: string): Promise<void> {
    return this.#append(refusedRecord(decision, status), decision.endpoint.route.evidence);
  }

  shadow(decision: Decision, answered: Answered | undefined, status: string): Promise<void> {
    return this.#append(shadowRecord(decision, answered, status), 'before-reply');
  }

  #append(payload: Uint8Array, mode: EvidenceMode): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wal.append(payload, mode, (error) => (error ? reject(error) : resolve()));
      // Answers of one batch come in one go: their records are together already, and the replies wait for nothing else
      this.#wal.flushSoon();
    });
  }
}
