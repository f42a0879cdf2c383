import { AssayError } from '@assay/domain/errors';
import type { Ends } from './copy-artifacts.ts';
import type { Kind } from './entities.ts';

export interface CopyOptions extends Ends {
  /** Compares the digests of files that came before, too. */
  readonly verify: boolean;
  /** Entities under way at a time. */
  readonly width: number;
}

/** These say nothing about one entity: the server is away, or does not let us in. */
const FATAL: ReadonlySet<string> = new Set(['UNREACHABLE', 'UNAUTHENTICATED', 'PERMISSION_DENIED']);

/** A refusal concerns one entity and lands in the report; what the network does ends the copy. */
export async function guarded(
  { report }: Ends,
  kind: Kind,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AssayError) || FATAL.has(error.code)) throw error;
    report.failures.push({ what: `${kind} ${id}`, code: error.code, why: error.message });
  }
}

export interface Step {
  readonly kind: Kind;
  readonly sourceId: string;
  readonly fingerprint: string;
  readonly entity: unknown;
}

/** Does `work` unless this content was finished before; counts it only when it is done. Answers whether it was written. */
export async function once(
  { target, report }: Ends,
  step: Step,
  work: () => Promise<void>,
): Promise<boolean> {
  const { kind, sourceId, fingerprint, entity } = step;
  const before = await target.finished(kind, sourceId);
  const tally = report.counts[kind];
  if (before === fingerprint) {
    tally.unchanged += 1;
    return false;
  }
  await work();
  await target.finish(kind, sourceId, fingerprint, entity);
  if (before === undefined) tally.copied += 1;
  else tally.updated += 1;
  return true;
}
