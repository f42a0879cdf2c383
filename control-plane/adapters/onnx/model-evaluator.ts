import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/domain/errors';
import type { ModelEvaluator } from '@assay/domain/ports/model-evaluator';
import type { ChildReply, ChildRequest } from './evaluate-message.ts';

const CHILD = fileURLToPath(new URL('./evaluate-child.ts', import.meta.url));
const PAGE_BYTES = 4096;
const WATCH_MS = 200;

export interface EvaluatorLimits {
  readonly timeoutMs: number;
  /** Resident memory of the child; watched where /proc is (Linux), not bounded elsewhere. */
  readonly memoryBytes: number;
  /** Script of the child; another one in tests of the limits. */
  readonly child?: string;
}

const DEFAULTS: EvaluatorLimits = { timeoutMs: 60_000, memoryBytes: 1.5 * 2 ** 30 };

/** Each question in a child of its own, with a deadline and a memory limit. */
export function childEvaluator(limits: EvaluatorLimits = DEFAULTS): ModelEvaluator {
  const ask = (request: ChildRequest): Promise<ChildReply> => askChild(request, limits);
  return {
    async inspect(input) {
      unwrap(await ask({ kind: 'inspect', ...input }));
    },
    async evaluate(input) {
      const facts = unwrap(await ask({ kind: 'evaluate', ...input }));
      if (facts === null) throw failed('it answered nothing');
      return facts;
    },
  };
}

const failed = (text: string): AssayError =>
  new AssayError('EVALUATION_FAILED', `Cannot judge the model: ${text}`);

function unwrap(reply: ChildReply): Extract<ChildReply, { ok: true }>['facts'] {
  if (!reply.ok) throw new AssayError(reply.code, reply.message);
  return reply.facts;
}

const residentBytes = (pid: number): Promise<number> =>
  readFile(`/proc/${pid}/statm`, 'utf8').then(
    (line) => Number(line.split(' ')[1]) * PAGE_BYTES,
    () => 0,
  );

function askChild(request: ChildRequest, limits: EvaluatorLimits): Promise<ChildReply> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--no-warnings', limits.child ?? CHILD], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [out, err, killed] = ['', '', ''];
    const kill = (why: string): void => {
      killed ||= why;
      child.kill('SIGKILL');
    };
    const weigh = (bytes: number): void => {
      if (bytes > limits.memoryBytes)
        kill(`it took ${bytes} bytes of memory, more than ${limits.memoryBytes}`);
    };
    const deadline = setTimeout(() => kill(`no answer within ${limits.timeoutMs} ms`), limits.timeoutMs);
    const watch = setInterval(() => {
      if (child.pid !== undefined) void residentBytes(child.pid).then(weigh);
    }, WATCH_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err = (err + chunk.toString()).slice(-1000);
    });
    child.on('error', (cause) => reject(failed(cause.message)));
    child.on('close', (status, name) => {
      clearTimeout(deadline);
      clearInterval(watch);
      if (killed !== '') return reject(failed(killed));
      if (status !== 0)
        return reject(failed(`its process ended with ${name ?? `status ${status}`}: ${err.trim()}`));
      resolve(JSON.parse(out) as ChildReply);
    });
    // A child that died early does not read; its end says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(request));
  });
}
