import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { release } from './chunk-memory.ts';

/** In the artifact scope bodies are streams, whatever their type. */
export const bodyOf = (request: FastifyRequest): Readable =>
  (request.body as Readable | undefined | null) ?? request.raw;

/** The body's chunks, each valid until the next is asked for. */
export async function* bytesOf(request: FastifyRequest): AsyncGenerator<Uint8Array> {
  for await (const chunk of bodyOf(request)) {
    yield chunk as Buffer;
    release(chunk as Buffer);
  }
}
