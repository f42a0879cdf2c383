import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AssayError } from '@assay/domain/errors';
import { FAMILIES } from '@assay/domain/families/all';
import { type Session, startRuntime } from '../session.ts';
import { type Frame, frameHead, frameOf, LENGTHS_BYTES } from './frames.ts';
import { openMeasured } from './open-measured.ts';
import { type Ask, PIPE, type Reply } from './protocol.ts';

// A process that runs one model at a time for a server. It reads and writes its pipe without an event loop: nothing else
// is to be done here, and a request costs two system calls less.

/** A run that never ends must not outlive its server: only another thread can see that the server has gone. */
const GONE = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL'); }, 1000);`;

/** Undefined when the server has closed the pipe. */
function read(bytes: number): Uint8Array<ArrayBuffer> | undefined {
  const buffer = new Uint8Array(bytes);
  for (let at = 0; at < bytes; ) {
    const n = readSync(PIPE, buffer, at, bytes - at, null);
    if (n === 0) return undefined;
    at += n;
  }
  return buffer;
}

function nextFrame(): Frame | undefined {
  const lengths = read(LENGTHS_BYTES);
  if (lengths === undefined) return undefined;
  const view = new DataView(lengths.buffer);
  const json = read(view.getUint32(0, true));
  const data = json && read(view.getUint32(4, true));
  return json && data && frameOf(json, data);
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(PIPE, bytes, at);
}

function send(reply: Reply, data = new Uint8Array(0)): void {
  write(frameHead(reply, data.length));
  write(data);
}

const bytesOf = (v: Float32Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(v.buffer as ArrayBuffer, v.byteOffset, v.byteLength);

// What the first model would pay for is not the model's
startRuntime();

let session: Session | undefined;

async function answer({ head, data }: Frame): Promise<void> {
  const ask = head as Ask;
  if (ask.op === 'open') {
    session?.release();
    session = undefined;
    const measured = await openMeasured(ask, FAMILIES[ask.family]);
    session = measured.session;
    send({ ok: true, rssBytes: process.memoryUsage.rss(), opened: measured.opened });
    return;
  }
  if (session === undefined) throw new AssayError('MODEL_FAILED', 'Cannot run the model: none is open');
  const values = session.run(new Float32Array(data.buffer), ask.shape);
  send({ ok: true, rssBytes: process.memoryUsage.rss() }, bytesOf(values));
}

// Signals go to the whole group of a terminal's processes; a server that drains still needs its hosts
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
new Worker(GONE, {
  eval: true,
  resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8 },
}).unref();

for (let frame = nextFrame(); frame !== undefined; frame = nextFrame())
  try {
    await answer(frame);
  } catch (cause) {
    const code = cause instanceof AssayError ? cause.code : 'MODEL_FAILED';
    send({ ok: false, code, message: (cause as Error).message });
  }
