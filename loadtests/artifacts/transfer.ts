import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

const MIB = 1024 * 1024;

/** A file of `mib` MiB that no other call makes, in blocks of 1 MiB. Most are the same memory, so that making it costs the client nothing. */
export const madeFile = (mib: number): readonly Buffer[] => {
  const some = Array.from({ length: Math.min(mib, 16) }, () => randomBytes(MIB));
  return Array.from({ length: mib }, (_, i) => some[i % some.length] ?? Buffer.alloc(MIB));
};

export const digestOf = (file: readonly Buffer[]): string => {
  const hash = createHash('sha256');
  for (const block of file) hash.update(block);
  return hash.digest('hex');
};

/** One PUT on a connection of its own, as raw as a client gets. Throws unless it is answered 200. */
export async function upload(url: string, file: readonly Buffer[]): Promise<void> {
  const headers = { 'Content-Length': file.length * MIB };
  const sending = request(url, { method: 'PUT', headers, agent: false });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {}); // A connection that breaks is told by the write, or below
  for (const block of file) if (!sending.write(block)) await once(sending, 'drain');
  sending.end();
  const [answer] = await answered;
  await answer.resume().toArray();
  if (answer.statusCode !== 200) throw new Error(`PUT ${url}: ${answer.statusCode}`);
}

/** One GET on a connection of its own. Throws unless `mib` MiB came. */
export async function download(url: string, mib: number, hear?: (chunk: Buffer) => void): Promise<void> {
  const [answer] = (await once(request(url, { agent: false }).end(), 'response')) as [IncomingMessage];
  let received = 0;
  answer.on('data', (chunk: Buffer) => {
    received += chunk.length;
    hear?.(chunk);
    // Else the client's own garbage collector is a part of what is measured
    if (chunk.buffer.byteLength === chunk.length) (chunk.buffer as ArrayBuffer).transfer(0);
  });
  await once(answer, 'end');
  if (received !== mib * MIB) throw new Error(`GET ${url}: ${answer.statusCode}, ${received} bytes`);
}
