import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { walFolder } from './segments.ts';

/** When a process began, in clock ticks since boot; "" where the system does not tell (then its id alone counts). */
function beganAt(pid: number): string {
  try {
    // The command's name, in brackets, may hold spaces; the start time is the 20th field after it (proc(5))
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Is the process that wrote this lock still there? A process id used again by another one is told by its start. */
function isHeld(file: string): boolean {
  try {
    const { pid, began } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; began: string };
    return isAlive(pid) && beganAt(pid) === began;
  } catch {
    return false;
  }
}

/**
 * One writer a server id: a second one would take the first one's open segment for a leftover, seal it and delete it.
 * Throws CONFIG_INVALID when the id is in use; returns the way to let go. A killed holder holds nothing.
 */
export function lockServer(evidenceDir: string, server: string): () => void {
  mkdirSync(walFolder(evidenceDir), { recursive: true });
  const file = join(walFolder(evidenceDir), `${server}.lock`);
  const content = JSON.stringify({ pid: process.pid, began: beganAt(process.pid) });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, content, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      if (isHeld(file)) break;
      rmSync(file, { force: true });
    }
  }
  throw new AssayError(
    'CONFIG_INVALID',
    `Cannot write evidence in "${evidenceDir}": another process does so as server "${server}"`,
    { field: 'ASSAY_SERVER_ID' },
  );
}
