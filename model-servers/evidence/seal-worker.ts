import { parentPort, workerData } from 'node:worker_threads';
import { parquetWriter } from './parquet.ts';
import { type Sealed, sealSegment } from './seal.ts';

export type SealReply =
  | { readonly ok: true; readonly sealed: Sealed }
  | { readonly ok: false; readonly segment: string; readonly error: string };

// One segment at a time, in the order in which they were closed.
const { evidenceDir } = workerData as { evidenceDir: string };
const writer = parquetWriter();

async function seal(segment: string): Promise<SealReply> {
  try {
    return { ok: true, sealed: await sealSegment(await writer, evidenceDir, segment) };
  } catch (cause) {
    return { ok: false, segment, error: (cause as Error).message };
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (segment: string) => {
  last = last.then(async () => parentPort?.postMessage(await seal(segment)));
});
