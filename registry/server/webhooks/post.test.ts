import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TargetPolicy } from '@assay/registry-store/webhook-target';
import { expect, test } from 'vitest';
import { post, retryAfterMs } from './post.ts';

test.for(['localhost', '127.0.0.1'])(
  '%s is judged at the connection itself: nothing is connected',
  async (host) => {
    let connections = 0;
    const server = createServer((_, response) => response.end()).on('connection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://${host}:${(server.address() as AddressInfo).port}/`;
    const signal = new AbortController().signal;
    const refused = await post(url, {}, '{}', { policy: new TargetPolicy('none'), timeoutMs: 5_000, signal });
    expect(refused).toMatchObject({ status: null, error: expect.stringContaining('WEBHOOK_URL_REFUSED') });
    expect(connections).toBe(0);
    const allowed = await post(url, {}, '{}', {
      policy: new TargetPolicy('loopback'),
      timeoutMs: 5_000,
      signal,
    });
    expect(allowed).toMatchObject({ status: 200, error: null });
    server.close();
  },
);

test.for([
  ['120', 120_000],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['999999999', 21_600_000],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
] as const)('Retry-After %s', ([header, ms]) => expect(retryAfterMs(header, 1_000)).toBe(ms));
