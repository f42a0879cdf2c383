import type { Identity } from '@assay/domain/roles';
import type { Logger } from 'pino';
import type { Seen } from '../evidence/seen.ts';
import type { Wal } from '../evidence/wal.ts';
import type { PlanHolder } from '../routing/plan-holder.ts';
import type { ShadowQueue } from '../routing/shadow-queue.ts';
import type { TrafficCounts } from '../routing/traffic.ts';
import type { Admission } from './admission.ts';
import type { Events } from './events.ts';
import type { MetricsText } from './processes/worker.ts';
import type { Recorder } from './recorder.ts';

/** What the handlers of one server share. */
export interface Serving {
  readonly plans: PlanHolder;
  readonly wal: Wal;
  readonly recorder: Recorder;
  readonly traffic: TrafficCounts;
  readonly shadows: ShadowQueue;
  readonly seenOutcomes: Seen;
  readonly seenExposures: Seen;
  readonly events: Events;
  readonly metricsText: MetricsText;
  readonly log: Logger;
  readonly access: Access;
  readonly admission: Admission;
}

export interface Access {
  readonly required: boolean;
  readonly identities: ReadonlyMap<string, Identity>;
}
