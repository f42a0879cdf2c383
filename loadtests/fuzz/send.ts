import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2';
import { connect } from 'node:net';
import type { GrpcCase } from './grpc-cases.ts';
import type { RestCase } from './rest-cases.ts';

/** Longest that any answer may take; what takes longer counts as "no answer", which no case allows. */
const PATIENCE_MS = 20_000;
const ABANDON_MS = 5;
const PATH = '/inference.GRPCInferenceService/ModelInfer';

const REFUSED = 'refused stream';

/** One HTTP/2 connection that is opened again when the server closed it. */
export class GrpcSender {
  readonly #address: string;
  #session: ClientHttp2Session | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  #open(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed)
      return this.#session;
    const session = connectHttp2(`http://${this.#address}`);
    // Its streams tell
    session.on('error', () => undefined);
    this.#session = session;
    return session;
  }

  #request(headers: GrpcCase['headers']): ClientHttp2Stream {
    const all = {
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    };
    try {
      return this.#open().request(all);
    } catch {
      // The server has said good-bye on this connection
      this.#session?.destroy();
      return this.#open().request(all);
    }
  }

  /**
   * How the call ended. A stream that the server refused while it closed the connection (it does after a flood of headers) was not
   * begun, and is asked again on another one, as every gRPC client does (RFC 9113, section 8.7); once, so that a server which
   * refuses all is seen.
   */
  async send(sent: GrpcCase): Promise<string> {
    const how = await this.#once(sent);
    if (how !== REFUSED) return how;
    this.#session = undefined;
    return (await this.#once(sent)).replace(REFUSED, 'cut');
  }

  #once({ body, headers, open }: GrpcCase): Promise<string> {
    return new Promise((resolve) => {
      const call = this.#request(headers);
      let [status, http] = ['', ''];
      const timer = setTimeout(() => {
        status ||= 'no answer';
        call.close(constants.NGHTTP2_CANCEL);
      }, PATIENCE_MS);
      const note = (got: Record<string, unknown>): void => {
        status = String(got['grpc-status'] ?? status);
        http = String(got[':status'] ?? http);
      };
      call
        .on('response', note)
        .on('trailers', note)
        .on('error', () => undefined);
      call.on('close', () => {
        clearTimeout(timer);
        const isRefused = http === '' && call.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        const cut = isRefused ? REFUSED : 'cut';
        resolve(status || (http === '' || http === '200' ? cut : `http ${http}`));
      });
      // The answer may come before the body is whole
      call.on('end', () => call.end());
      call.resume();
      if (open === undefined) call.end(body);
      else call.write(body);
      if (open === 'abandon') setTimeout(() => call.close(constants.NGHTTP2_CANCEL), ABANDON_MS);
    });
  }

  close(): void {
    this.#session?.destroy();
  }
}

/** One request on a socket of its own; the status of the answer, or "cut". */
export function sendRest(host: string, port: number, { head, body }: RestCase): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, host);
    const timer = setTimeout(() => {
      text = 'HTTP/1.1 no answer';
      socket.destroy();
    }, PATIENCE_MS);
    socket.on('data', (part) => {
      text += part.toString('latin1', 0, 64);
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(/^HTTP\/1\.[01] (no answer|\d+)/.exec(text)?.[1] ?? 'cut');
    });
    socket.write(head);
    if (body.length > 0) socket.write(body);
  });
}
