import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';

/** True once every queue is polled; false when a worker ended before it. */
export async function arePolling(workers: readonly Worker[]): Promise<boolean> {
  for (;;) {
    const states = workers.map((worker) => worker.getState());
    if (states.every((state) => state === 'RUNNING')) return true;
    if (states.some((state) => state !== 'RUNNING' && state !== 'INITIALIZED')) return false;
    await delay(20);
  }
}

/** Whole or not there: the supervisor reads it while it may be written. */
export function writeReady(file: string, metricsUrl: string): void {
  writeFileSync(`${file}.new`, JSON.stringify({ worker: true, metrics: metricsUrl }));
  renameSync(`${file}.new`, file);
}
