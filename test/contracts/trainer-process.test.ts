import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localProcessRunner } from '@assay/adapters/trainer/local-process';
import type { TrainingRun } from '@assay/domain/ports/training-runner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../plane/until.ts';

/** Real little trainers in sh: what they do wrong is what the runner must name. */
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assay-trainer-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const runner = localProcessRunner();
const job = (name: string, script: string, more: Partial<TrainingRun> = {}): TrainingRun => ({
  command: ['sh', '-c', script, 'trainer'],
  cwd: dir,
  snapshotDir: dir,
  outDir: join(dir, name),
  seed: 7,
  recipe: 'good',
  logFile: join(dir, `${name}.log`),
  stallMs: 20_000,
  onProgress: () => undefined,
  ...more,
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A killed process stays a zombie until its parent reaps it: gone or defunct both count as ended. */
async function hasEnded(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return /\) [ZX]/.test(state);
}

describe('local trainer process', () => {
  test('passes the contract arguments, progress and everything printed', async () => {
    const heard: string[] = [];
    const script = `echo '{"progress":0.5,"message":"half"}'; echo "args: $@"; echo note >&2; echo '{"progress":1,"message":"done"}'`;
    await runner.run(job('fine', script, { onProgress: (p, m) => heard.push(`${p} ${m}`) }));
    expect(heard).toEqual(['0.5 half', '1 done']);
    const log = await readFile(join(dir, 'fine.log'), 'utf8');
    expect(log).toContain(`args: --snapshot ${dir} --out ${join(dir, 'fine')} --seed 7 --recipe good`);
    expect(log).toContain('note');
  });

  test.for([
    {
      name: 'a crash',
      script: 'echo boom >&2; exit 7',
      code: 'TRAINER_CRASHED',
      text: 'exit status 7; it ended with: boom',
    },
    { name: 'a death by signal', script: 'kill -9 $$', code: 'TRAINER_CRASHED', text: 'signal SIGKILL' },
    {
      name: 'a refusal',
      script: `echo '{"refused":"TOO_FEW","message":"3 rows"}'; exit 3`,
      code: 'TRAINER_REFUSED',
      text: 'TOO_FEW: 3 rows',
    },
    {
      name: 'a refused snapshot',
      script: `echo '{"refused":"SNAPSHOT_INVALID","message":"bad digest"}'; exit 3`,
      code: 'SNAPSHOT_INVALID',
      text: 'bad digest',
    },
    { name: 'exit 3 without a reason', script: 'exit 3', code: 'TRAINER_CRASHED', text: 'exit status 3' },
  ])('names $name', async ({ name, script, code, text }) => {
    await expect(runner.run(job(name, script))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  test('a command that does not exist', async () => {
    const wanted = { ...job('none', ''), command: ['assay-no-such-trainer'] };
    await expect(runner.run(wanted)).rejects.toMatchObject({ code: 'TRAINER_CRASHED' });
  });

  test('a trainer that hangs is killed with the children it started', async () => {
    const pidFile = join(dir, 'child.pid');
    const script = `sleep 600 & echo $! > ${pidFile}; echo '{"progress":0.1,"message":"started"}'; wait`;
    await expect(runner.run(job('hang', script, { stallMs: 700 }))).rejects.toMatchObject({
      code: 'TRAINER_HUNG',
      message: expect.stringContaining('700 ms'),
    });
    const pid = Number(await readFile(pidFile, 'utf8'));
    await until('the child of the hanging trainer ends', () => hasEnded(pid), 5_000);
  });

  test('a trainer that ignores SIGTERM is killed all the same', async () => {
    const script = `trap '' TERM; while :; do sleep 0.2; done`;
    await expect(runner.run(job('stubborn', script, { stallMs: 300 }))).rejects.toMatchObject({
      code: 'TRAINER_HUNG',
    });
  });

  test('output that is not progress does not count as life', async () => {
    const script = 'i=0; while [ $i -lt 200 ]; do echo noise; sleep 0.05; i=$((i+1)); done';
    await expect(runner.run(job('noise', script, { stallMs: 600 }))).rejects.toMatchObject({
      code: 'TRAINER_HUNG',
    });
  });

  test('cancelling ends it', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const script = `echo '{"progress":0.1,"message":"up"}'; sleep 600`;
    const running = runner.run(
      job('cancel', script, { cancelled: promise, onProgress: () => reject(new Error('cancelled')) }),
    );
    await expect(running).rejects.toMatchObject({ code: 'TRAINER_CANCELLED' });
  });
});
