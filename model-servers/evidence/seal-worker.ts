import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type Sealed, sealSegment } from './seal.ts';

export type SealReply =
  | { readonly ok: true; readonly sealed: Sealed }
  | { readonly ok: false; readonly segment: string; readonly error: string };

/** Sealing takes what answers leave of the processor: on Linux a thread has a priority of its own. */
function giveWay(): void {
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1);
    setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  } catch {
    // Another system, or not allowed: it shares as any other thread
  }
}

// One segment at a time, in the order in which they were closed.
const { evidenceDir } = workerData as { evidenceDir: string };

function seal(segment: string): SealReply {
  try {
    return { ok: true, sealed: sealSegment(evidenceDir, segment) };
  } catch (cause) {
    return { ok: false, segment, error: (cause as Error).message };
  }
}

giveWay();
parentPort?.on('message', (segment: string) => parentPort?.postMessage(seal(segment)));
