// Load generator, a process of its own: pre-encoded frames over node:http2, every answer checked. Commands come over IPC.
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { framed, requests } from './frames.ts';

export interface Command {
  readonly address: string;
  readonly rows: number;
  readonly connections: number;
  readonly requests: number;
  /** Closed loop: requests in flight. */
  readonly inFlight?: number;
  /** Open loop: requests a second, sent when they are due whatever the answers do. */
  readonly perSecond?: number;
  /** By request: outputs that may be answered, in hex; absent: answers are collected instead. */
  readonly expected?: readonly (readonly string[])[];
}

export interface Loaded {
  readonly answered: number;
  readonly wrong: number;
  readonly seconds: number;
  /** Sorted; µs from the moment at which a request was due to its last byte. */
  readonly latencyUs: readonly number[];
  readonly firstWrong: string;
}

const REQUESTS = 512;
const PATH = '/inference.GRPCInferenceService/ModelInfer';
const frames = new Map<number, readonly Buffer[]>();

function framesOf(rows: number): readonly Buffer[] {
  const known = frames.get(rows) ?? requests(REQUESTS, rows).map(framed);
  frames.set(rows, known);
  return known;
}

/** One request; `done` gets the answer's frame, or what went wrong. */
function send(
  session: ClientHttp2Session,
  frame: Buffer,
  done: (answer: Buffer, error: string) => void,
): void {
  const stream: ClientHttp2Stream = session.request({
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let body: Buffer | undefined;
  let status = 'no status';
  stream.on('data', (chunk: Buffer) => {
    body = body === undefined ? chunk : Buffer.concat([body, chunk]);
  });
  const read = (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] !== undefined)
      status = headers['grpc-status'] === '0' ? '' : `${headers['grpc-status']} ${headers['grpc-message']}`;
  };
  stream.on('response', read);
  stream.on('trailers', read);
  stream.on('error', (cause) => {
    status = cause.message;
  });
  stream.on('close', () => done(body ?? Buffer.alloc(0), status));
  stream.end(frame);
}

/** Raw outputs are the last field of an answer: its last bytes are compared with those of the model itself. */
const tailOf = (answer: Buffer, bytes: number): Buffer => answer.subarray(answer.length - bytes);

function check(answer: Buffer, error: string, expected: readonly Buffer[] | undefined): string {
  if (error !== '') return error;
  if (answer.length < 5 || answer.readUInt32BE(1) !== answer.length - 5) return 'not one whole message';
  if (expected === undefined || expected.some((e) => tailOf(answer, e.length).equals(e))) return '';
  return 'outputs differ from the model’s own';
}

async function load(command: Command): Promise<Loaded> {
  const sessions = Array.from({ length: command.connections }, () => connect(`http://${command.address}`));
  const messages = framesOf(command.rows);
  const expected = command.expected?.map((all) => all.map((hex) => Buffer.from(hex, 'hex')));
  const latencies: number[] = [];
  let [sent, inFlight, wrong, firstWrong] = [0, 0, 0, ''];
  const started = performance.now();
  const one = (dueAt: number, next: () => void): void => {
    const i = sent++;
    inFlight++;
    send(
      sessions[i % sessions.length] as ClientHttp2Session,
      messages[i % REQUESTS] as Buffer,
      (answer, error) => {
        inFlight--;
        latencies.push((performance.now() - dueAt) * 1000);
        const fault = check(answer, error, expected?.[i % REQUESTS]);
        if (fault !== '') {
          wrong++;
          firstWrong ||= fault;
        }
        next();
      },
    );
  };
  await (command.perSecond === undefined
    ? closedLoop(one, command.inFlight ?? 1, command.requests)
    : openLoop(one, command.perSecond, command.requests, started, () => inFlight));
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(sessions.map((s) => new Promise<void>((resolve) => s.close(resolve))));
  latencies.sort((a, b) => a - b);
  return { answered: latencies.length, wrong, seconds, latencyUs: latencies, firstWrong };
}

type One = (dueAt: number, next: () => void) => void;

const closedLoop = async (one: One, inFlight: number, requests: number): Promise<void> => {
  let left = requests;
  await Promise.all(
    Array.from({ length: inFlight }, () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const again = (): void => {
        if (left-- > 0) one(performance.now(), again);
        else resolve();
      };
      again();
      return promise;
    }),
  );
};

const TICK_MS = 1;

/** Latency counts from when a request was due, so that a server which stops does not also stop the clock. */
async function openLoop(
  one: One,
  perSecond: number,
  requests: number,
  started: number,
  inFlight: () => number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let due = 0;
  const timer = setInterval(() => {
    const at = performance.now() - started;
    for (; due < requests && (due * 1000) / perSecond <= at; due++)
      one(started + (due * 1000) / perSecond, () => undefined);
    if (due < requests || inFlight() > 0) return;
    clearInterval(timer);
    resolve();
  }, TICK_MS);
  await promise;
}

process.on('message', (command: Command) => {
  load(command).then(
    (loaded) => process.send?.(loaded),
    (cause: unknown) => process.send?.({ failed: String(cause) }),
  );
});
