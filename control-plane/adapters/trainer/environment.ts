import { join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { runCommand } from './command.ts';
import { once } from './once.ts';
import { keyOf, LOCKS, lockText, TRAINERS_DIR } from './trainers-folder.ts';

export interface EnvironmentInput {
  /** ASSAY_CACHE, by default `.assay/cache` of the repository: kept between state folders. */
  readonly cacheDir: string;
  readonly onProgress?: (message: string) => void;
}

export interface TrainerEnvironment {
  readonly python: string;
  /** What it was made from: every lock file, with the hashes that were asked for. */
  readonly lock: string;
}

const OLDEST = [3, 11] as const;
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'];
const VERSION = 'import sys; print(sys.version_info[0], sys.version_info[1])';
const pythonIn = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

const refused = (text: string): AssayError =>
  new AssayError('TRAINER_ENVIRONMENT', `Cannot make the trainers' Python environment: ${text}`);

/** First Python on PATH that is new enough. */
async function findPython(): Promise<string> {
  const seen: string[] = [];
  for (const name of CANDIDATES) {
    const { status, tail } = await runCommand(name, ['-c', VERSION]);
    if (status !== 0) continue;
    const [major = 0, minor = 0] = tail.trim().split(' ').map(Number);
    if (major === OLDEST[0] && minor >= OLDEST[1]) return name;
    seen.push(`${name} is ${major}.${minor}`);
  }
  throw refused(`no Python ${OLDEST.join('.')} or later on PATH (${seen.join(', ') || 'none found'})`);
}

/** The Python that would make the environment, with what makes it. Throws TRAINER_ENVIRONMENT. */
export async function examinePython(): Promise<string> {
  const uv = await runCommand('uv', ['--version']);
  if (uv.status === 0) return uv.tail.trim();
  const python = await findPython();
  await assertVenv(python);
  return `${python} with venv`;
}

async function assertVenv(python: string): Promise<void> {
  const { status } = await runCommand(python, ['-c', 'import venv, ensurepip']);
  if (status !== 0) throw refused(`${python} has no venv and ensurepip, and uv is not on PATH`);
}

async function must(
  what: string,
  command: string,
  args: readonly string[],
  tell: (m: string) => void,
): Promise<void> {
  tell(what);
  const { status, tail } = await runCommand(command, args, { cwd: TRAINERS_DIR, onLine: () => undefined });
  if (status !== 0) throw refused(`${what} failed (${command}, status ${status}): ${tail.trim()}`);
}

async function byUv(folder: string, tell: (m: string) => void): Promise<void> {
  await must(
    'making an environment with uv',
    'uv',
    ['venv', '--quiet', '--python', `>=${OLDEST.join('.')}`, folder],
    tell,
  );
  const install = ['pip', 'install', '--quiet', '--python', pythonIn(folder), '--require-hashes'];
  for (const { file, flags } of LOCKS) {
    await must(
      `installing ${file} with uv`,
      'uv',
      [...install, ...flags, '--only-binary', ':all:', '-r', file],
      tell,
    );
  }
}

async function byVenv(folder: string, tell: (m: string) => void): Promise<void> {
  const python = await findPython();
  await assertVenv(python);
  await must(`making an environment with ${python}`, python, ['-m', 'venv', folder], tell);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
  for (const { file, flags } of LOCKS) {
    await must(
      `installing ${file} with pip`,
      pythonIn(folder),
      [...install, ...flags, '--only-binary', ':all:', '-r', file],
      tell,
    );
  }
}

/**
 * The trainers' own Python, made on first use and found again by the digest of the lock files. Two processes at once
 * make it once. Throws TRAINER_ENVIRONMENT.
 */
export async function ensureTrainerEnvironment({
  cacheDir,
  onProgress = () => undefined,
}: EnvironmentInput): Promise<TrainerEnvironment> {
  const folder = join(cacheDir, 'trainers', await keyOf(LOCKS.map((l) => l.file)));
  let told = false;
  await once(
    folder,
    async (draft) => {
      const uv = await runCommand('uv', ['--version']);
      await (uv.status === 0 ? byUv(draft, onProgress) : byVenv(draft, onProgress));
      onProgress('environment of the trainers is ready');
    },
    () => {
      if (!told) onProgress('waiting: another process makes the environment of the trainers');
      told = true;
    },
  );
  return { python: pythonIn(folder), lock: await lockText() };
}
