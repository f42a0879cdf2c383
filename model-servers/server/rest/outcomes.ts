import { AssayError } from '@assay/domain/errors';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { assertMayPredict } from '../access.ts';
import type { Serving } from '../context.ts';
import { Recorder } from '../handlers/client-stream.ts';
import { outcomeRecording } from '../handlers/record-outcomes.ts';
import { jsonOf } from './body.ts';

const NUMBERS = z.record(z.string(), z.number()).default({});
const OUTCOMES = z.object({
  outcomes: z.array(
    z.object({
      outcome_id: z.string(),
      endpoint: z.string(),
      decision_id: z.string().default(''),
      unit_id: z.string().default(''),
      occurred_at_ms: z.int(),
      metrics: NUMBERS,
      labels: NUMBERS,
      period: z.int().optional(),
    }),
  ),
});

/** POST /v2/outcomes: the same as the gRPC stream, for clients without one. */
export function addOutcomes(app: FastifyInstance, serving: Serving): void {
  app.post('/v2/outcomes', async ({ headers, body }) => {
    assertMayPredict(serving.access, headers.authorization);
    const parsed = OUTCOMES.safeParse(jsonOf(body));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new AssayError('REQUEST_INVALID', `Cannot read outcomes: ${issue?.message ?? ''}`, {
        field: issue?.path.join('.') ?? '',
      });
    }
    const recorder = new Recorder(serving, outcomeRecording(serving));
    for (const o of parsed.data.outcomes)
      recorder.take({
        outcomeId: o.outcome_id,
        endpoint: o.endpoint,
        decisionId: o.decision_id,
        unitId: o.unit_id,
        occurredAtMs: BigInt(o.occurred_at_ms),
        metrics: o.metrics,
        labels: o.labels,
        period: o.period === undefined ? undefined : BigInt(o.period),
      });
    const { accepted, duplicates, refused } = await recorder.receipt();
    return { accepted: Number(accepted), duplicates: Number(duplicates), refused };
  });
}
