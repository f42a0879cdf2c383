import { familySpec } from '@assay/domain/families/all';
import type { Family, FamilySpec } from '@assay/domain/families/family';
import type { Prng } from '@assay/domain/prng';
import type { Outcome } from '@assay/proto/gen/events/evidence';
import type { ModelInferResponse } from '@assay/proto/gen/inference/open_inference_grpc';
import type { DrawnOutcome, PoolRow } from '../pool-row.ts';
import { drawOutcome } from '../response/all.ts';
import type { ClientLog } from './client-log.ts';
import { parameterOf, type ServedTensors, servedTensors, toRequest } from './codec.ts';
import type { OutcomeSender } from './outcome-sender.ts';
import type { Servers } from './servers.ts';
import type { Tally } from './tally.ts';
import { violation } from './violations.ts';

/** One request as a customer makes it. */
export interface Errand {
  readonly unit: string;
  readonly requestId: string;
  readonly row: PoolRow;
  readonly luck: Prng;
  readonly period?: number;
}

export interface Answer {
  readonly decisionId: string;
  readonly version: string;
  readonly arm: string;
}

export interface ShopperParts {
  readonly endpoint: string;
  readonly family: Family;
  readonly servers: Servers;
  readonly outcomes: OutcomeSender;
  readonly log: ClientLog;
  readonly tally: Tally;
}

/** Asks, looks at what is served, lives through the outcome and tells it. */
export class Shopper {
  readonly #parts: ShopperParts;
  readonly #spec: FamilySpec;

  constructor(parts: ShopperParts) {
    this.#parts = parts;
    this.#spec = familySpec(parts.family);
  }

  /** Throws what the servers or the answer had wrong; it is in the tally then. */
  async run(errand: Errand): Promise<Answer> {
    const { endpoint, servers, log, tally } = this.#parts;
    const { unit, requestId, row } = errand;
    tally.sent += 1;
    try {
      const answer = await servers.infer(toRequest({ endpoint, requestId, unit, inputs: row.inputs }));
      const decisionId = parameterOf(answer, 'decision_id');
      log.add(decisionId);
      this.#live(errand, decisionId, servedTensors(answer));
      tally.answer(Date.now());
      return told(answer, decisionId);
    } catch (cause) {
      tally.fail(cause);
      throw cause;
    }
  }

  #live({ row, luck, unit, period }: Errand, decisionId: string, served: ServedTensors): void {
    const { family, outcomes, tally, endpoint } = this.#parts;
    const broken = violation(this.#spec, row.inputs, served);
    if (broken !== undefined) tally.violate(`${decisionId}: ${broken}`);
    const drawn = drawOutcome(family, row, served, luck);
    tally.outcomesSent += 1;
    outcomes.add(outcomeOf(drawn, { endpoint, decisionId, unit, period, nowMs: Date.now() }));
  }
}

const told = (answer: ModelInferResponse, decisionId: string): Answer => ({
  decisionId,
  version: parameterOf(answer, 'served_version') || answer.modelVersion,
  arm: parameterOf(answer, 'arm'),
});

interface Circumstances {
  readonly endpoint: string;
  readonly decisionId: string;
  readonly unit: string;
  readonly period: number | undefined;
  readonly nowMs: number;
}

/** The id comes from the decision: sent again, it is the same outcome. */
const outcomeOf = (
  { metrics, labels }: DrawnOutcome,
  { endpoint, decisionId, unit, period, nowMs }: Circumstances,
): Outcome => ({
  outcomeId: `outcome-${decisionId}`,
  endpoint,
  decisionId,
  unitId: unit,
  occurredAtMs: BigInt(nowMs),
  metrics: { ...metrics },
  labels: { ...labels },
  period: period === undefined ? undefined : BigInt(period),
});
