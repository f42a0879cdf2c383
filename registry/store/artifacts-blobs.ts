import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Where a blob lies below a root: the same on disk, under an S3 prefix and in a local cache. */
export const blobPathOf = (digest: string): string => join('blobs', 'sha256', digest.slice(0, 2), digest);

/** Inclusive byte offsets. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface StoredBlob {
  readonly digest: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/**
 * Bytes by their SHA-256. Knows no names and takes no decisions: who may delete, and when, is the ledger's.
 * Adapters: `artifacts-local.ts`, `artifacts-s3.ts`; one contract suite runs on both.
 */
export interface BlobStore {
  /** What an operator reads in the log; never holds credentials. */
  readonly location: string;
  /** Takes a complete, synced file. Durable when it resolves, harmless twice, and no half blob when it fails. */
  put(file: string, blob: { readonly digest: string; readonly size: number }): Promise<void>;
  /** The bytes as they lie there, unverified; undefined when there is no such blob. An empty blob has no range. */
  open(digest: string, range?: ByteRange): Promise<Readable | undefined>;
  sizeOf(digest: string): Promise<number | undefined>;
  /** Absent is fine. */
  delete(digest: string): Promise<void>;
  list(): AsyncIterable<StoredBlob>;
  /** Drops transfers that broke off before `beforeMs`; answers how many. */
  dropUnfinished(beforeMs: number): Promise<number>;
}
