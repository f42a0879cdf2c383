// Open load whose rate changes, in a process of its own: every call has a deadline, and every end is kept with its time.
import { type ClientHttp2Session, connect } from 'node:http2';
import { framed, requests } from './frames.ts';

export interface Peak {
  readonly address: string;
  readonly rows: number;
  readonly connections: number;
  readonly deadlineMs: number;
  /** One after the other; a rate that differs from the one before is reached in a straight line within `rampMs`. */
  readonly phases: readonly {
    readonly seconds: number;
    readonly perSecond: number;
    readonly rampMs: number;
  }[];
}

/** How one call ended: gRPC status (0 OK, 8 refused, 4 too late), -1 without one; ms since the start, and since it was due. */
export type End = readonly [status: number, dueMs: number, tookMs: number];

const PATH = '/inference.GRPCInferenceService/ModelInfer';
const MESSAGES = 256;
const TICK_MS = 1;

/** When each call is due, in ms. */
function* dueTimes(phases: Peak['phases']): Generator<number> {
  let [from, rate] = [0, phases[0]?.perSecond ?? 0];
  for (const { seconds, perSecond, rampMs } of phases) {
    const [first, end] = [rate, from + seconds * 1000];
    for (let at = from; at < end; ) {
      const share = rampMs === 0 ? 1 : Math.min(1, (at - from) / rampMs);
      rate = first + (perSecond - first) * share;
      yield at;
      at += 1000 / rate;
    }
    from = end;
  }
}

function call(
  session: ClientHttp2Session,
  frame: Buffer,
  deadlineMs: number,
  done: (status: number) => void,
): void {
  let status = -1;
  const stream = session.request({
    ...{ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' },
    'grpc-timeout': `${deadlineMs}m`,
  });
  const read = (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status']);
  };
  stream
    .on('response', read)
    .on('trailers', read)
    .on('error', () => undefined);
  stream.on('close', () => done(status)).resume();
  stream.end(frame);
}

async function run({ address, rows, connections, deadlineMs, phases }: Peak): Promise<readonly End[]> {
  const sessions = Array.from({ length: connections }, () => connect(`http://${address}`));
  const frames = requests(MESSAGES, rows).map(framed);
  const due = dueTimes(phases);
  const ends: End[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const started = performance.now();
  let [sent, next] = [0, due.next()];
  const timer = setInterval(() => {
    const now = performance.now() - started;
    for (; next.done !== true && next.value <= now; next = due.next()) {
      const dueMs = next.value;
      const session = sessions[sent % connections] as ClientHttp2Session;
      call(session, frames[sent++ % MESSAGES] as Buffer, deadlineMs, (status) =>
        ends.push([status, dueMs, performance.now() - started - dueMs]),
      );
    }
    if (next.done !== true || ends.length < sent) return;
    clearInterval(timer);
    resolve();
  }, TICK_MS);
  await promise;
  for (const session of sessions) session.close();
  return ends;
}

process.on('message', (peak: Peak) => {
  run(peak).then(
    (ends) => process.send?.(ends),
    (cause: unknown) => process.send?.({ failed: String(cause) }),
  );
});
