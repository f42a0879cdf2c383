import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { release } from './chunk-memory.ts';

/** True once the system has the block; false when the client has gone. */
const write = (raw: ServerResponse, block: Uint8Array): Promise<boolean> => {
  if (raw.destroyed) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const gone = () => resolve(false);
  raw.once('close', gone);
  raw.write(block, (error) => {
    raw.off('close', gone);
    resolve(!error);
  });
  return promise;
};

/**
 * Sends the reply's headers, and blocks that nobody else holds: one is on its way while the next is read. Headers cannot be
 * taken back, so what fails here cuts the connection before the announced length.
 */
export const sendBlocks = async (
  reply: FastifyReply,
  first: IteratorResult<Uint8Array>,
  blocks: AsyncGenerator<Uint8Array>,
): Promise<FastifyReply> => {
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string | number>);
  try {
    for (let next = first; next.done !== true; next = await blocks.next()) {
      if (!(await write(raw, next.value))) return reply;
      release(next.value);
    }
    raw.end();
  } catch (err) {
    reply.log.error({ err, url: reply.request.url }, 'download cut off');
    raw.destroy();
  } finally {
    await blocks.return(undefined);
  }
  return reply;
};
