import { readFile } from 'node:fs/promises';
import { EvidenceRecord } from '@assay/proto/gen/events/evidence_record';
import { crc32c } from './crc32c.ts';

/** u32 LE length, u32 LE CRC-32C, then the payload. */
export const HEADER_BYTES = 8;

export interface Scan {
  readonly payloads: readonly Buffer[];
  /** Bytes up to the end of the last whole record; what follows is a torn tail. */
  readonly goodBytes: number;
}

/** Whole records of a segment. Stops at the first one that is cut short or does not match its checksum. */
export function scan(bytes: Buffer): Scan {
  const payloads: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    if (length === 0 || end > bytes.length) break;
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    if (crc32c(payload) !== bytes.readUInt32LE(at + 4)) break;
    payloads.push(payload);
    at = end;
  }
  return { payloads, goodBytes: at };
}

export interface SegmentContent {
  readonly records: readonly EvidenceRecord[];
  readonly cutBytes: number;
}

/** Records of one write-ahead segment file, and how many bytes of a torn tail were left out. */
export async function readSegment(file: string): Promise<SegmentContent> {
  const bytes = await readFile(file);
  const { payloads, goodBytes } = scan(bytes);
  return { records: payloads.map((p) => EvidenceRecord.decode(p)), cutBytes: bytes.length - goodBytes };
}
