import { AssayError } from '@assay/domain/errors';
import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure } from '@temporalio/workflow';

/** The failure at the bottom of what Temporal wraps. */
export function rootOf(error: unknown): unknown {
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return wraps && error.cause !== undefined ? rootOf(error.cause) : error;
}

/** Code of ours that an activity failed with, or undefined. */
export function codeOf(error: unknown): string | undefined {
  const root = rootOf(error);
  return root instanceof ApplicationFailure ? (root.type ?? undefined) : undefined;
}

export function messageOf(error: unknown): string {
  const root = rootOf(error);
  return root instanceof Error ? root.message : String(root);
}

/** A domain rule's refusal as the caller of an update sees it: type = code. */
export function refusing<T>(rule: () => T): T {
  try {
    return rule();
  } catch (error) {
    if (error instanceof AssayError) throw ApplicationFailure.nonRetryable(error.message, error.code);
    throw error;
  }
}
