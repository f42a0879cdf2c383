import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { AssayError } from '@assay/domain/errors';
import type { TrainingRun, TrainingRunner } from '@assay/domain/ports/training-runner';
import { parseTrainerLine } from '@assay/domain/trainer';
import { endGroup, signal } from './process-group.ts';

const REFUSED_STATUS = 3;
const TAIL_LINES = 12;

type End =
  | { readonly kind: 'exit'; readonly status: number | null; readonly signal: string | null }
  | { readonly kind: 'unstartable'; readonly message: string }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'cancelled' };

/** Runs trainers as children of this process, each in a process group of its own. */
export const localProcessRunner = (): TrainingRunner => ({ run });

async function run(job: TrainingRun): Promise<void> {
  const [command = '', ...first] = job.command;
  const args = [
    ...first,
    ...['--snapshot', job.snapshotDir, '--out', job.outDir],
    ...['--seed', String(job.seed), '--recipe', job.recipe],
  ];
  await mkdir(dirname(job.logFile), { recursive: true });
  await mkdir(job.outDir, { recursive: true });
  const log = createWriteStream(job.logFile, { flags: 'a' });
  const child = spawn(command, args, {
    cwd: job.cwd,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = listen(child, job, (line) => log.write(`${line}\n`));
  const end = await ended(child, job, heard);
  log.end();
  await finished(log).catch(() => undefined);
  judge(end, job, heard);
}

interface Heard {
  readonly tail: string[];
  refused: { code: string; message: string } | undefined;
  onProgress: () => void;
}

function listen(child: ChildProcess, job: TrainingRun, write: (line: string) => void): Heard {
  const heard: Heard = { tail: [], refused: undefined, onProgress: () => undefined };
  const keep = (line: string): void => {
    write(line);
    heard.tail.push(line);
    if (heard.tail.length > TAIL_LINES) heard.tail.shift();
  };
  if (child.stderr) createInterface({ input: child.stderr }).on('line', keep);
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      const spoken = parseTrainerLine(line);
      if (spoken?.kind === 'refused') heard.refused = spoken;
      if (spoken?.kind !== 'progress') return;
      heard.onProgress();
      job.onProgress(spoken.progress, spoken.message);
    });
  return heard;
}

/** How the child ended; one that stalls or is no longer wanted is killed first, with everything it started. */
function ended(child: ChildProcess, job: TrainingRun, heard: Heard): Promise<End> {
  return new Promise((resolve) => {
    let early: End | undefined;
    const stop = (why: End): void => {
      early ??= why;
      endGroup(child);
    };
    let timer = setTimeout(() => stop({ kind: 'stalled' }), job.stallMs);
    heard.onProgress = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop({ kind: 'stalled' }), job.stallMs);
    };
    const cancel = (): void => stop({ kind: 'cancelled' });
    job.cancelled?.then(cancel, cancel);
    // Children that keep the pipes open must not hold "close" back: the group goes with its leader.
    child.once('exit', () => signal(child, 'SIGKILL'));
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ kind: 'unstartable', message: error.message });
    });
    child.once('close', (status, name) => {
      clearTimeout(timer);
      resolve(early ?? { kind: 'exit', status, signal: name });
    });
  });
}

function judge(end: End, job: TrainingRun, heard: Heard): void {
  const what = `Cannot train with "${job.command.join(' ')}"`;
  const tail = heard.tail.length === 0 ? 'it printed nothing' : `it ended with: ${heard.tail.join(' | ')}`;
  switch (end.kind) {
    case 'unstartable':
      throw new AssayError('TRAINER_CRASHED', `${what}: it did not start (${end.message})`);
    case 'stalled':
      throw new AssayError('TRAINER_HUNG', `${what}: no progress line within ${job.stallMs} ms; ${tail}`);
    case 'cancelled':
      throw new AssayError('TRAINER_CANCELLED', `${what}: the training was cancelled`);
    case 'exit':
      break;
  }
  if (end.status === 0) return;
  if (end.status === REFUSED_STATUS && heard.refused) {
    const code = heard.refused.code === 'SNAPSHOT_INVALID' ? 'SNAPSHOT_INVALID' : 'TRAINER_REFUSED';
    throw new AssayError(code, `${what}: ${heard.refused.code}: ${heard.refused.message}`);
  }
  const how = end.signal === null ? `exit status ${end.status}` : `signal ${end.signal}`;
  throw new AssayError('TRAINER_CRASHED', `${what}: ${how}; ${tail}`);
}
