import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { ModelInferRequest } from '@assay/proto/gen/inference/open_inference_grpc';
import { type Server, type ServerErrorResponse, status } from '@grpc/grpc-js';
import { assertMayPredict } from './access.ts';
import { refusal } from './admission.ts';
import type { Serving } from './context.ts';
import { grpcError } from './grpc-error.ts';
import { type Caller, type Predict, predictor } from './predict.ts';
import { unreadable } from './unreadable.ts';
import { answerFrame } from './wire/answer-frame.ts';
import { plainRequest } from './wire/plain-request.ts';

const PATH = '/inference.GRPCInferenceService/ModelInfer';
const PREFIX_BYTES = 5;
const CONTENT_TYPE = 'application/grpc+proto';
const ANSWER_HEADERS = {
  ':status': 200,
  'content-type': CONTENT_TYPE,
  'grpc-accept-encoding': 'identity,deflate,gzip',
} as const;
const WAIT_FOR_TRAILERS = { waitForTrailers: true, sendDate: false } as const;
const OK_TRAILERS = { 'grpc-status': '0', 'grpc-message': 'OK' } as const;

type OnStream = (...args: [ServerHttp2Stream, IncomingHttpHeaders, number, string[]]) => void;

/**
 * Takes ModelInfer's streams before grpc-js gets them: its own handling of a call (interceptors, metadata, listeners) costs more
 * than everything that this server adds. Calls with compression stay with it, as do all other methods; the protocol seen by
 * clients is the same. Reads a private field of grpc-js, whose version is pinned; throws where it is not there.
 */
export function takeInfer(server: Server, serving: Serving, maxMessageBytes: number): void {
  const taken: Taken = { predict: predictor(serving), serving, maxMessageBytes, open: new Set() };
  for (const http2 of http2ServersOf(server)) {
    const [others, ...more] = http2.listeners('stream') as OnStream[];
    if (others === undefined || more.length > 0) throw new Error('grpc-js listens to streams in another way');
    http2.removeAllListeners('stream');
    http2.on('stream', ((stream, headers, flags, raw) => {
      if (!isPlain(headers)) others.call(http2, stream, headers, flags, raw);
      else if (isFull(taken)) turnAway(stream);
      else new InferCall(stream, headers, taken);
    }) as OnStream);
  }
}

/** Before its body is here, let alone read: what is refused must cost next to nothing. Its client may go on sending. */
function turnAway(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.resume();
  refused ??= trailersOnly(grpcError(refusal()));
  stream.respond(refused, { endStream: true });
  // The rest of its body may stay where it is
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** A call whose body does not come for so long makes room for another. */
const STALLED_MS = 10_000;

/** Begun calls count from their headers on: those behind a window that is closed are the longer part of the queue. */
function isFull({ serving, open }: Taken): boolean {
  const { admission } = serving;
  if (!admission.isFull && open.size < admission.limit) return false;
  const [oldest] = open;
  return oldest === undefined || !oldest.giveUp(STALLED_MS);
}

let refused: OutgoingHttpHeaders | undefined;

const trailersOnly = ({ code, details, metadata }: Partial<ServerErrorResponse>): OutgoingHttpHeaders => ({
  ...metadata?.toHttp2Headers(),
  ':status': 200,
  'content-type': CONTENT_TYPE,
  'grpc-status': String(code),
  'grpc-message': encodeURI(details ?? ''),
});

/** grpc-js' own HTTP/2 servers, one an address; secure ones where it has credentials. */
export function http2ServersOf(server: Server): readonly Http2Server[] {
  const { http2Servers } = server as unknown as { http2Servers?: Map<Http2Server, unknown> };
  if (!(http2Servers instanceof Map) || http2Servers.size === 0)
    throw new Error('grpc-js keeps its HTTP/2 servers elsewhere: infer-streams.ts must be read anew');
  return [...http2Servers.keys()];
}

const isPlain = (headers: IncomingHttpHeaders): boolean =>
  headers[':path'] === PATH &&
  headers['content-type']?.startsWith('application/grpc') === true &&
  (headers['grpc-encoding'] ?? 'identity') === 'identity' &&
  (headers['grpc-timeout'] === undefined || TIMEOUT.test(String(headers['grpc-timeout'])));

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Taken {
  readonly predict: Predict;
  readonly serving: Serving;
  readonly maxMessageBytes: number;
  /** Calls that have begun and not ended, the oldest first: bodies wait in the client while the connection's window is closed. */
  readonly open: Set<InferCall>;
}

/** One unary call. */
class InferCall implements Caller {
  readonly #stream: ServerHttp2Stream;
  readonly #taken: Taken;
  readonly #authorization: string | undefined;
  #body: Buffer | undefined;
  #more: Buffer[] | undefined;
  #bytes = 0;
  #done = false;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  readonly #beganMs = performance.now();
  #isWhole = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, taken: Taken) {
    this.#stream = stream;
    this.#taken = taken;
    taken.open.add(this);
    this.#authorization = headers.authorization;
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('end', () => this.#whole());
    // Every error is followed by `close`; there is nobody left to tell
    stream.on('error', () => undefined);
    stream.on('close', () => this.#end());
    const timeout = headers['grpc-timeout'];
    if (timeout !== undefined) this.#limit(String(timeout));
  }

  #limit(timeout: string): void {
    const [, digits = '', unit = ''] = TIMEOUT.exec(timeout) ?? [];
    const ms = Number(digits) * (UNIT_MS[unit] ?? 0);
    this.#deadlineMs = Date.now() + ms;
    if (ms <= LONGEST_TIMER_MS)
      this.#timer = setTimeout(() => this.#refuse(status.DEADLINE_EXCEEDED, 'Deadline exceeded'), ms);
  }

  #read(chunk: Buffer): void {
    if (this.#done) return;
    this.#bytes += chunk.length;
    if (this.#body === undefined) this.#body = chunk;
    else {
      this.#more ??= [this.#body];
      this.#more.push(chunk);
    }
    // The length is known after five bytes: a message that is too large is refused before it is here
    if (this.#bytes < PREFIX_BYTES) return;
    if (this.#body.length < PREFIX_BYTES) this.#join();
    const length = this.#body.readUInt32BE(1);
    const { maxMessageBytes } = this.#taken;
    if (length > maxMessageBytes)
      this.#refuse(
        status.RESOURCE_EXHAUSTED,
        `Received message larger than max (${length} vs ${maxMessageBytes})`,
      );
  }

  #join(): Buffer {
    if (this.#more !== undefined) {
      this.#body = Buffer.concat(this.#more);
      this.#more = undefined;
    }
    return this.#body ?? Buffer.alloc(0);
  }

  /** The client has sent all. */
  #whole(): void {
    if (this.#done) return;
    this.#isWhole = true;
    const body = this.#join();
    const length = body.length < PREFIX_BYTES ? Number.POSITIVE_INFINITY : body.readUInt32BE(1);
    if (body.length !== PREFIX_BYTES + length) {
      const what = body.length > PREFIX_BYTES + length ? 'a second' : 'no';
      this.#refuse(status.UNIMPLEMENTED, `Received ${what} request message for unary method ${PATH}`);
      return;
    }
    this.#answer(body.subarray(PREFIX_BYTES)).then(
      (frame) => this.#reply(frame),
      (cause: unknown) => this.#fail(grpcError(cause)),
    );
  }

  async #answer(message: Buffer): Promise<Buffer> {
    const { predict, serving } = this.#taken;
    assertMayPredict(serving.access, this.#authorization);
    return answerFrame(await predict(requestOf(message), this.#deadlineMs, this));
  }

  /** Is nobody waiting any more? */
  get cancelled(): boolean {
    return this.#done || this.#stream.destroyed || this.#stream.closed;
  }

  /** The last chance to answer: true once, and never when the client has gone, which its stream tells before its events do. */
  #mayAnswer(): boolean {
    if (this.cancelled) return false;
    this.#done = true;
    return true;
  }

  #reply(frame: Buffer): void {
    if (!this.#mayAnswer()) return;
    const stream = this.#stream;
    stream.respond(ANSWER_HEADERS, WAIT_FOR_TRAILERS);
    stream.on('wantTrailers', sendOk);
    stream.end(frame);
  }

  #refuse(code: number, details: string): void {
    this.#fail({ code, details });
  }

  /** A response of trailers only. */
  #fail(error: Partial<ServerErrorResponse>): void {
    if (this.#mayAnswer()) this.#stream.respond(trailersOnly(error), { endStream: true });
  }

  /** Ends a call whose body has not come whole within so many ms; false where it has, or has time. */
  giveUp(afterMs: number): boolean {
    if (this.#isWhole || performance.now() - this.#beganMs < afterMs) return false;
    this.#fail(grpcError(refusal()));
    this.#stream.close(constants.NGHTTP2_NO_ERROR);
    return true;
  }

  #end(): void {
    this.#done = true;
    this.#taken.open.delete(this);
    clearTimeout(this.#timer);
  }
}

/** Throws REQUEST_INVALID. */
function requestOf(message: Buffer): ModelInferRequest {
  try {
    return plainRequest(message) ?? ModelInferRequest.decode(message);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}
