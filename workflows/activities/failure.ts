import { AssayError, type ErrorCode } from '@assay/domain/errors';
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';

/** What passes by itself: the same call may be answered a moment later. Every other code is final. */
const PASSING: readonly ErrorCode[] = ['UNREACHABLE', 'EVIDENCE_UNREADABLE', 'PROCESS_UNHEALTHY'];

const isBug = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;

/**
 * The one place where an activity's error becomes Temporal's. A code of ours is the failure's type. What is not ours (a database
 * that restarts, a refused connection) is retried, except for our own bugs, which no retry mends.
 */
export function toFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  if (error instanceof AssayError) {
    if (error.code === 'TRAINER_CANCELLED') return new CancelledFailure(error.message);
    return ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: !PASSING.includes(error.code),
      cause: error,
    });
  }
  if (isBug(error)) return ApplicationFailure.nonRetryable(String(error), 'INTERNAL');
  return error;
}
