import type { ChildProcess } from 'node:child_process';

const GRACE_MS = 2_000;

/** Ends a child that was spawned detached, with everything it started: SIGTERM, then SIGKILL. */
export function endGroup(child: ChildProcess): void {
  signal(child, 'SIGTERM');
  const timer = setTimeout(() => signal(child, 'SIGKILL'), GRACE_MS);
  timer.unref();
  // Children may outlive the leader: the group is killed again when it has gone.
  child.once('close', () => {
    clearTimeout(timer);
    signal(child, 'SIGKILL');
  });
}

export function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // Nobody of the group is left.
  }
}
