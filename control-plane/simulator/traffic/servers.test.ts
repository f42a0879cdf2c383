import { once } from 'node:events';
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { toRequest } from './codec.ts';
import { Servers } from './servers.ts';

/** What a client throws when it meets a server that answers every call by `end`. */
async function met(end: (stream: ServerHttp2Stream) => void): Promise<unknown> {
  const server = createServer().on('stream', end).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const servers = new Servers([`127.0.0.1:${(server.address() as AddressInfo).port}`], undefined);
  const request = toRequest({ endpoint: 'e', requestId: 'r', unit: 'u', inputs: [] });
  try {
    return await servers.infer(request).catch((cause: unknown) => cause);
  } finally {
    servers.close();
    server.close();
  }
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' };
const endsWith = (code: number) => (stream: ServerHttp2Stream) => {
  stream.respond({ ...GRPC, 'grpc-status': String(code) }, { endStream: true });
};

test('a server that dies in mid-call refused nothing: its client may ask again', async () => {
  const unfinished = await met((stream) => {
    stream.respond(GRPC);
    stream.close(constants.NGHTTP2_NO_ERROR);
  });
  const cut = await met((stream) => stream.session?.destroy());
  const cancelled = await met((stream) => stream.close(constants.NGHTTP2_CANCEL));
  for (const cause of [unfinished, cut, cancelled]) expect(Servers.refused(cause)).toBe(false);
  expect(unfinished).toMatchObject({ code: status.INTERNAL });
  expect(Servers.gaveNoAnswer(unfinished)).toBe(false);
});

test.for([status.INVALID_ARGUMENT, status.NOT_FOUND, status.UNAUTHENTICATED])(
  'status %i is a refusal: asked again it would be the same',
  async (code) => {
    const cause = await met(endsWith(code));
    expect(cause).toMatchObject({ code });
    expect(Servers.refused(cause)).toBe(true);
  },
);

test('an answer that cannot be used is not asked for again', () => {
  expect(Servers.refused(new TypeError('odd'))).toBe(true);
});
