import { Worker } from 'node:worker_threads';

const LOOK_MS = 500;
/** Process id of the one that asked. */
export const PARENT_VARIABLE = 'ASSAY_PARENT_PID';

/**
 * Ends this process soon after the one that asked is gone (kill -9 leaves nobody to stop a model that computes for ever).
 * On a thread of its own, because a running model blocks this one.
 */
export function endWithParent(): void {
  // Told by the parent: it may be gone before this process can look
  const parent = Number(process.env[PARENT_VARIABLE] ?? process.ppid);
  const watch = `
    setInterval(() => { if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL'); }, ${LOOK_MS});
  `;
  new Worker(watch, { eval: true }).unref();
}
