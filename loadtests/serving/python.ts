import { fileURLToPath } from 'node:url';
import { lockedPython } from '../../test/plane/locked-python.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The hand-written Python server and the interpreter of its pinned environment, made once per lock file. */
export async function pythonServer(): Promise<{ interpreter: string; program: string }> {
  return {
    interpreter: await lockedPython('serving', here('./python/requirements.lock.txt')),
    program: here('./python/server.py'),
  };
}
