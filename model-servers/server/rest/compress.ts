import { promisify } from 'node:util';
import { constants, deflate, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

const deflaters = { gzip: promisify(gzip), deflate: promisify(deflate) };
type Encoding = keyof typeof deflaters;

/** Below it an answer fits into a packet anyway. */
const SMALLEST = 1400;
const OPTIONS = { level: constants.Z_BEST_SPEED };

/** The first encoding of ours that the client takes; one with `q=0` is refused by it. */
export function accepted(header: string | undefined): Encoding | undefined {
  const offers = (header ?? '').toLowerCase().split(',');
  const takes = (name: Encoding): boolean =>
    offers.some((offer) => {
      const [coding = '', ...rest] = offer.split(';').map((part) => part.trim());
      return coding === name && !rest.some((part) => /^q=0(\.0*)?$/.test(part));
    });
  return takes('gzip') ? 'gzip' : takes('deflate') ? 'deflate' : undefined;
}

/** Large answers leave compressed where the client says that it takes that. */
export function addCompression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    const encoding = payload.length < SMALLEST ? undefined : accepted(request.headers['accept-encoding']);
    if (encoding === undefined) return payload;
    reply.header('content-encoding', encoding).header('vary', 'accept-encoding');
    return deflaters[encoding](payload, OPTIONS);
  });
}
