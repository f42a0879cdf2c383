import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** Passes GETs on to a server, and cuts each answer after some bytes of its body. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  /** Range header of each request. */
  readonly ranges: (string | undefined)[] = [];
  url = '';

  private constructor(target: string, bytes: number) {
    this.#server = createServer((request, response) => {
      this.ranges.push(request.headers.range);
      pass(target, request, response, bytes).catch(() => response.destroy());
    });
  }

  static async start(target: string, bytes: number, port = 0): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, bytes);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    const address = proxy.#server.address();
    proxy.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function pass(
  target: string,
  { url, headers }: IncomingMessage,
  response: ServerResponse,
  bytes: number,
): Promise<void> {
  const { range, authorization } = headers;
  const answer = await fetch(`${target}${url}`, {
    headers: { ...(range && { range }), ...(authorization && { authorization }) },
  });
  response.writeHead(answer.status, {
    'content-type': answer.headers.get('content-type') ?? '',
    'content-length': answer.headers.get('content-length') ?? '',
  });
  response.flushHeaders();
  let left = bytes;
  for await (const chunk of Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])) {
    const piece = (chunk as Uint8Array).subarray(0, left);
    left -= piece.length;
    await new Promise((resolve) => response.write(piece, resolve));
    if (left === 0) break;
  }
  if (left === 0) response.destroy();
  else response.end();
}
