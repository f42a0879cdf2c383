import { AssayError, type ErrorCode } from '@assay/domain/errors';
import { ARM, type Reason } from '@assay/domain/evidence-schema';
import type { Trip } from '@assay/domain/policy';
import { asksFallback } from '@assay/domain/policy-evaluate';
import type { Answer } from '../families/codec.ts';
import type { Assigned } from '../routing/assign.ts';
import type { Endpoint, Hosted } from '../routing/table.ts';
import { firstNotFinite, floats, type WireTensor } from '../runtime/tensor.ts';

/** What is answered, by whom, and what went wrong on the way. */
export interface Answered {
  readonly answer: Answer;
  readonly raw: WireTensor | undefined;
  readonly trips: readonly Trip[];
  readonly hosted: Hosted;
  readonly arm: string;
  readonly reason: Reason;
  /** "OK", or the status of the failure that a fallback covered. */
  readonly status: string;
  readonly failure: AssayError | undefined;
}

export const FAMILY_DEFAULT = 'family-default';

interface Judged {
  readonly answer: Answer;
  readonly raw: WireTensor;
  readonly trips: readonly Trip[];
}

/** What says that the version failed, and not the request: somebody else may answer. */
const FAILURES: ReadonlySet<ErrorCode> = new Set(['MODEL_FAILED', 'MODEL_HUNG', 'MODEL_CRASHED']);

/** One version's answer with its policy applied. Throws what LoadedModel.run does. */
export async function askModel(
  endpoint: Endpoint,
  hosted: Hosted,
  inputs: readonly WireTensor[],
  assertAwaited?: () => void,
): Promise<Judged> {
  const { codec, spec } = endpoint;
  const input = codec.encode(inputs);
  const values = await hosted.model.run(input, assertAwaited);
  const rows = input.shape[0] as number;
  const [output] = spec.modelOutputs;
  const shape = (output?.shape ?? []).map((d) => (d === -1 ? rows : d));
  assertUsable(values, shape);
  const trips: Trip[] = [];
  const answer = codec.decode(inputs, values, trips);
  return { answer, trips, raw: floats(`raw:${output?.name ?? ''}`, values, shape) };
}

function assertUsable(values: Float32Array, shape: readonly number[]): void {
  const count = shape.reduce((n, d) => n * d, 1);
  if (values.length !== count)
    throw new AssayError(
      'MODEL_FAILED',
      `Cannot use the model's answer: ${values.length} values, not ${count}`,
    );
  const strange = firstNotFinite(values);
  if (strange !== undefined)
    throw new AssayError('MODEL_FAILED', `Cannot use the model's answer: it has ${values[strange]}`);
}

/** The assigned version; if it fails the champion; then the family's default. Each is marked. */
export async function answerFor(
  endpoint: Endpoint,
  assigned: Assigned,
  inputs: readonly WireTensor[],
  assertAwaited: () => void,
): Promise<Answered> {
  const { hosted, arm, reason } = assigned;
  try {
    const judged = await askModel(endpoint, hosted, inputs, assertAwaited);
    return guarded(endpoint, { ...judged, hosted, arm, reason, status: 'OK', failure: undefined }, inputs);
  } catch (cause) {
    const failure = cause as AssayError;
    if (!FAILURES.has(failure.code) || endpoint.route.fallback === 'none') throw cause;
    return fallback(endpoint, hosted, inputs, failure);
  }
}

/** A rule may replace the answer. The arm stays: the unit was treated as its arm treats units. */
function guarded(endpoint: Endpoint, answered: Answered, inputs: readonly WireTensor[]): Answered {
  if (!asksFallback(answered.trips)) return answered;
  if (endpoint.route.fallback === 'none') {
    const rules = answered.trips.map((t) => t.rule).join(', ');
    throw new AssayError(
      'GUARDRAIL_REFUSED',
      `Cannot answer for "${endpoint.route.name}": rule ${rules} refuses the answer and there is no fallback`,
    );
  }
  return { ...answered, answer: endpoint.codec.fallback(inputs), reason: 'fallback-default' };
}

async function fallback(
  endpoint: Endpoint,
  failed: Hosted,
  inputs: readonly WireTensor[],
  failure: AssayError,
): Promise<Answered> {
  const { champion } = endpoint;
  const marks = { arm: ARM.fallback, status: failure.status, failure };
  if (champion.model !== failed.model) {
    const judged = await askModel(endpoint, champion, inputs).catch(() => undefined);
    if (judged !== undefined)
      return guarded(
        endpoint,
        { ...judged, ...marks, hosted: champion, reason: 'fallback-champion' },
        inputs,
      );
  }
  return {
    ...marks,
    answer: endpoint.codec.fallback(inputs),
    raw: undefined,
    trips: [],
    hosted: failed,
    reason: 'fallback-default',
  };
}
