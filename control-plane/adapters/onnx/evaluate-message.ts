import type { ErrorCode } from '@assay/domain/errors';
import type { Family } from '@assay/domain/families/family';
import type { ValidationFacts } from '@assay/domain/validation';

/** What the evaluator asks its child, as JSON. */
export type ChildRequest =
  | {
      readonly kind: 'evaluate';
      readonly family: Family;
      readonly modelFile: string;
      readonly snapshotDir: string;
      readonly championFile: string | null;
    }
  | {
      readonly kind: 'inspect';
      readonly family: Family;
      readonly modelFile: string;
      readonly sampleFile: string;
    };

export type ChildReply =
  | { readonly ok: true; readonly facts: ValidationFacts | null }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };
