import { canonicalJson, type Json } from './canonical-json.ts';
import { sha256Hex } from './sha256.ts';

export interface Actor {
  readonly kind: 'person' | 'policy' | 'workflow' | 'service';
  readonly id: string;
}

/** What one audit row says; nothing personal goes in here. */
export interface AuditStatement {
  /** The decision record this belongs to: a release's or an experiment's id. */
  readonly decision: string;
  /** "release.validated", "canary.look" … */
  readonly event: string;
  readonly actor: Actor;
  readonly reason: string;
  /** Numbers, digests and links that the statement rests on. */
  readonly evidence: Json;
}

export interface AuditEntry extends AuditStatement {
  readonly sequence: number;
  readonly atMs: number;
  readonly previousHash: string;
  readonly hash: string;
}

export const GENESIS_HASH = '0'.repeat(64);

/** SHA-256 over the canonical JSON of the row with its predecessor's hash: changing any row breaks every later one. */
export const auditHash = (sequence: number, atMs: number, previousHash: string, s: AuditStatement): string =>
  sha256Hex(
    canonicalJson({
      sequence,
      atMs,
      previousHash,
      decision: s.decision,
      event: s.event,
      actor: { kind: s.actor.kind, id: s.actor.id },
      reason: s.reason,
      evidence: s.evidence,
    }),
  );

export type ChainFault = { readonly sequence: number; readonly fault: string };

/** First fault of a chain given in order, or undefined when it holds. */
export function verifyChain(
  entries: readonly AuditEntry[],
  previousHash: string = GENESIS_HASH,
): ChainFault | undefined {
  let previous = previousHash;
  for (const e of entries) {
    if (e.previousHash !== previous)
      return { sequence: e.sequence, fault: 'does not follow its predecessor' };
    if (auditHash(e.sequence, e.atMs, e.previousHash, e) !== e.hash)
      return { sequence: e.sequence, fault: 'was changed' };
    previous = e.hash;
  }
  return undefined;
}
