import { spawn } from 'node:child_process';

export interface CommandResult {
  /** null: it could not be started. */
  readonly status: number | null;
  /** The end of standard output and error together. */
  readonly tail: string;
}

const TAIL = 4_000;

/** Runs a helper command to its end; never throws. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; onLine?: (line: string) => void } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    let tail = '';
    const read = (chunk: Buffer): void => {
      const text = chunk.toString();
      tail = (tail + text).slice(-TAIL);
      for (const line of text.split('\n')) if (line.trim() !== '') options.onLine?.(line.trim());
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', (error) => resolve({ status: null, tail: error.message }));
    child.on('close', (status) => resolve({ status: status ?? -1, tail }));
  });
}
