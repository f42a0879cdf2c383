import type { ServerResponse } from 'node:http';
import type { Deps } from '../deps.ts';
import type { EventFeed, FeedEvent } from '../event-feed.ts';
import type { Api } from './context.ts';

const HEARTBEAT_MS = 10_000;

/** Server-sent events; `Last-Event-ID` resumes where a client stopped. */
export function eventRoutes(api: Api, { feed }: Deps): void {
  api.get('/events', async (request, reply) => {
    const asked = lastEventId(request.headers['last-event-id']);
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    reply.raw.write(': connected\n\n');
    try {
      await follow(reply.raw, feed, asked);
    } catch (cause) {
      request.log.warn({ err: cause }, 'events cannot be read');
      // The client comes back with its Last-Event-ID
      reply.raw.destroy();
    }
  });
}

const lastEventId = (header: string | string[] | undefined): number | undefined =>
  typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;

/** Listening begins before the missed events are read, so that none falls between; what is told meanwhile waits. */
async function follow(raw: ServerResponse, feed: EventFeed, asked: number | undefined): Promise<void> {
  let last = 0;
  const send = ({ id, ...event }: FeedEvent): void => {
    if (id !== undefined && id <= last) return;
    if (id !== undefined) last = id;
    raw.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`);
  };
  let waiting: FeedEvent[] | undefined = [];
  const leave = feed.listen((event) => (waiting === undefined ? send(event) : waiting.push(event)));
  const beat = setInterval(() => raw.write(': heartbeat\n\n'), HEARTBEAT_MS);
  raw.on('close', () => {
    leave();
    clearInterval(beat);
  });
  if (asked !== undefined) {
    // A number from another state folder must not hide what comes
    last = Math.min(asked, await feed.head());
    for await (const event of feed.after(last)) send(event);
  }
  for (const event of waiting) send(event);
  waiting = undefined;
}
