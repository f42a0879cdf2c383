import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The CloudEvent inside. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly subject: string;
    readonly entity: string;
    readonly action: string;
    readonly data: Readonly<Record<string, unknown>>;
  } & Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** How a receiver answers the nth request (from 0); ends the response itself. */
export type Reply = (response: ServerResponse, received: Received, n: number) => void;

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  /** Names of events in order of arrival. */
  names(): string[];
  /** Answers differently from now on. */
  answer(reply: Reply): void;
}

const ok: Reply = (response) => response.writeHead(204).end();

/** A real HTTP server that keeps what it is sent. */
export async function startReceiver(reply: Reply = ok): Promise<WebhookReceiver> {
  const received: Received[] = [];
  let answer = reply;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const { headers, url: path = '' } = request;
      const one = { headers, text, event: JSON.parse(text) as Received['event'], path };
      received.push(one);
      answer(response, one, received.length - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    names: () => received.map(({ event }) => `${event.entity}.${event.action}`),
    answer(next) {
      answer = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
