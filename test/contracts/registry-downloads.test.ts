import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { blobPathOf } from '@assay/registry-store/artifacts-blobs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { bytesOf, sha256 } from './artifact-stores.ts';
import { startTestRegistry, type TestRegistry } from './registry-server.ts';

const MIB = 1024 * 1024;
let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

const url = (path: string) => `${registry.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;
const put = async (path: string, bytes: Buffer) => {
  const answer = await fetch(url(path), { method: 'PUT', body: new Blob([new Uint8Array(bytes)]) });
  expect(answer.status).toBe(200);
};

test('files of any length follow one another on one connection, and none is taken for damaged', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = async (path: string) => {
    const asking = request(url(path), { agent }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    return { digest: sha256(Buffer.concat(await answer.toArray())), again: asking.reusedSocket };
  };
  const files = [0, 1, 70_000, 262_144, MIB, MIB + 1, 3 * MIB, 5 * MIB + 9].map((size) => bytesOf(size, 8));
  for (const [i, bytes] of files.entries()) await put(`row/${i}`, bytes);
  for (let round = 0; round < 5; round += 1)
    for (const [i, bytes] of files.entries())
      expect(await get(`row/${i}`)).toEqual({ digest: sha256(bytes), again: round + i > 0 });
  agent.destroy();
  const database = new pg.Client({ connectionString: registry.database });
  await database.connect();
  const { rows } = await database.query('SELECT digest FROM registry.blobs WHERE damaged');
  await database.end();
  expect(rows).toEqual([]);
});

const openFiles = (pid: number): string[] => {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      return []; // Closed since
    }
  });
};

test.skipIf(process.platform !== 'linux')(
  'a client that hangs up in the middle of a download leaves no file open (read from /proc)',
  async () => {
    const bytes = bytesOf(32 * MIB, 6);
    const file = join(registry.artifacts, blobPathOf(sha256(bytes)));
    await put('hangup/file', bytes);
    const held = () => openFiles(registry.pid).filter((open) => open === file).length;
    const receiving = request(url('hangup/file'), (answer) => answer.pause()).end();
    receiving.on('error', () => {});
    await until('the registry reads the file', () => held() === 1);
    receiving.destroy();
    await until('the registry has closed the file', () => held() === 0);
    expect(sha256(new Uint8Array(await (await fetch(url('hangup/file'))).arrayBuffer()))).toBe(sha256(bytes));
  },
);
