import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { PARENT_VARIABLE } from './end-with-parent.ts';

const PAGE_BYTES = 4096;
const WATCH_MS = 100;
const ERROR_TEXT = 1000;
/** A reply is a few kilobytes; what floods the pipe is cut off with its process. */
const REPLY_BYTES = 64 * 2 ** 20;
/** All that a child is given of the environment: it must see neither tokens nor the database's address. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR', 'TEMP'];

export interface ChildLimits {
  readonly timeoutMs: number;
  /** Resident memory of the child; watched where /proc is (Linux), not bounded elsewhere. */
  readonly memoryBytes: number;
}

export interface ChildQuestion extends ChildLimits {
  /** A script that reads one JSON value from standard input and answers one on standard output. */
  readonly script: string;
  readonly nodeFlags?: readonly string[];
  readonly request: unknown;
  /** Ends the child when nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
}

export type ChildAnswer<T> =
  | { readonly ended: true; readonly value: T }
  /** The process died or was stopped; `reason` says how. */
  | { readonly ended: false; readonly reason: string };

const residentBytes = (pid: number): Promise<number> =>
  readFile(`/proc/${pid}/statm`, 'utf8').then(
    (line) => Number(line.split(' ')[1]) * PAGE_BYTES,
    () => 0,
  );

const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    PASSED_ON.flatMap((k) => (process.env[k] === undefined ? [] : [[k, process.env[k]]])),
  ),
  [PARENT_VARIABLE]: String(process.pid),
});

/** Asks a process of its own that may crash, hang or eat memory: this one goes on. Never rejects. */
export function askChild<T>(question: ChildQuestion): Promise<ChildAnswer<T>> {
  const { script, nodeFlags = [], request, timeoutMs, memoryBytes, signal } = question;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-warnings', ...nodeFlags, script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment(),
    });
    let [out, err, killed] = ['', '', ''];
    const kill = (why: string): void => {
      killed ||= why;
      child.kill('SIGKILL');
    };
    const weigh = (bytes: number): void => {
      if (bytes > memoryBytes) kill(`it took ${bytes} bytes of memory, more than ${memoryBytes}`);
    };
    const deadline = setTimeout(() => kill(`no answer within ${timeoutMs} ms`), timeoutMs);
    const watch = setInterval(() => {
      if (child.pid !== undefined) void residentBytes(child.pid).then(weigh);
    }, WATCH_MS);
    const callOff = (): void => kill('it was called off');
    if (signal?.aborted) callOff();
    signal?.addEventListener('abort', callOff);
    const settle = (answer: ChildAnswer<T>): void => {
      clearTimeout(deadline);
      clearInterval(watch);
      signal?.removeEventListener('abort', callOff);
      resolve(answer);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      if (out.length > REPLY_BYTES) kill(`its answer is longer than ${REPLY_BYTES} characters`);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err = (err + chunk).slice(-ERROR_TEXT);
    });
    child.on('error', (cause) => settle({ ended: false, reason: cause.message }));
    child.on('close', (status, name) => {
      if (killed !== '') return settle({ ended: false, reason: killed });
      const end = `its process ended with ${name ?? `status ${status}`}: ${err.trim()}`;
      return settle(status === 0 ? readReply<T>(out) : { ended: false, reason: end });
    });
    // A child that died early does not read; its end says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}

function readReply<T>(text: string): ChildAnswer<T> {
  try {
    return { ended: true, value: JSON.parse(text) as T };
  } catch {
    return { ended: false, reason: 'its answer is no JSON' };
  }
}
