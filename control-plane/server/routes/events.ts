import type { Deps } from '../deps.ts';
import type { FeedEvent } from '../event-feed.ts';
import type { Api } from './context.ts';

const HEARTBEAT_MS = 10_000;

/** Server-sent events; `Last-Event-ID` resumes where a client stopped. */
export function eventRoutes(api: Api, { feed }: Deps): void {
  api.get('/events', async (request, reply) => {
    const asked = Number(request.headers['last-event-id'] ?? Number.NaN);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write(': connected\n\n');
    let last = Number.isInteger(asked) ? asked : 0;
    const send = ({ id, ...event }: FeedEvent): void => {
      if (id !== undefined && id <= last) return;
      if (id !== undefined) last = id;
      raw.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`);
    };
    if (Number.isInteger(asked)) for (const event of await feed.after(asked)) send(event);
    const leave = feed.listen(send);
    const beat = setInterval(() => raw.write(': heartbeat\n\n'), HEARTBEAT_MS);
    raw.on('close', () => {
      leave();
      clearInterval(beat);
    });
  });
}
