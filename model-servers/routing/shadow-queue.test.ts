import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ShadowQueue } from './shadow-queue.ts';

/** A copy that ends when it is told to. */
function held(): { job: () => Promise<void>; end: () => void; begun: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = false;
  const job = (): Promise<void> => {
    begun = true;
    return promise;
  };
  return { job, end: resolve, begun: () => begun };
}

test('what does not fit is dropped and counted', async () => {
  const queue = new ShadowQueue(2);
  const first = held();
  for (const job of [first.job, held().job, held().job]) queue.add(job);
  expect(queue.dropped).toBe(1);
  first.end();
});

test('closing waits for the copy that runs, drops the rest and takes no more', async () => {
  const queue = new ShadowQueue(8);
  const [running, waiting, late] = [held(), held(), held()];
  queue.add(running.job);
  queue.add(waiting.job);
  await turn();
  expect(running.begun()).toBe(true);
  let closed = false;
  const closing = queue.close().then(() => {
    closed = true;
  });
  queue.add(late.job);
  await turn();
  expect(closed).toBe(false);
  running.end();
  await closing;
  await turn();
  expect([waiting.begun(), late.begun()]).toEqual([false, false]);
  expect([queue.done, queue.dropped]).toEqual([1, 2]);
});

test('a copy that breaks is counted as dropped and the next one runs', async () => {
  const queue = new ShadowQueue(8);
  const next = held();
  queue.add(() => Promise.reject(new Error('broken')));
  queue.add(next.job);
  while (!next.begun()) await turn();
  expect(queue.dropped).toBe(1);
  next.end();
});
