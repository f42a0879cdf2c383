import { AssayError, ERRORS, type ErrorCode } from '@assay/domain/errors';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

const isCode = (text: string | null | undefined): text is ErrorCode =>
  typeof text === 'string' && Object.hasOwn(ERRORS, text);

/** The innermost message: the wrappers only say that something failed. */
export function causeText(error: unknown): string {
  let at: unknown = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}

/** What a workflow refused keeps its code; a cluster that does not answer is UNREACHABLE. */
export function translated(what: string, error: unknown): AssayError {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (isCode(type)) return new AssayError(type, message, { cause: error });
  }
  if (error instanceof WorkflowNotFoundError)
    return new AssayError('NOT_FOUND', `Cannot ${what}: no such workflow is running`, { cause: error });
  return new AssayError('UNREACHABLE', `Cannot ${what}: Temporal does not answer (${causeText(error)})`, {
    cause: error,
  });
}
