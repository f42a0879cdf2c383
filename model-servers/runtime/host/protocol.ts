import type { ErrorCode } from '@assay/domain/errors';
import type { Family } from '@assay/domain/families/family';
import type { BatchRule } from '../batches.ts';

/** What a host is asked; one thing at a time, each is answered. The data of `run` are the model's input. */
export type Ask =
  | {
      readonly op: 'open';
      readonly file: string;
      readonly digest: string;
      readonly family: Family;
      /** In order of preference; "cpu" is the last resort. */
      readonly providers: readonly string[];
    }
  | { readonly op: 'run'; readonly shape: readonly number[] };

/** What was found out about a model when a host opened it. */
export interface Opened {
  readonly batches: BatchRule;
  /** µs of a run of one row, of the shortest of several. */
  readonly rowUs: number;
  /** µs to make the session of the file's bytes. */
  readonly openUs: number;
  readonly provider: string;
  /** Why it is not the provider that was asked for; "" when it is. */
  readonly providerReason: string;
  /** By how much the host grew. */
  readonly memoryBytes: number;
}

/** The data of an answered `run` are the model's output. */
export type Reply =
  | { readonly ok: true; readonly rssBytes: number; readonly opened?: Opened }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** File descriptor of the pipe in the host. */
export const PIPE = 3;
