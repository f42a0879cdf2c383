import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../test/plane/until.ts';
import { cpuMicros } from '../lib/process-tree.ts';
import { CHAMPION, FEATURES, type Feature, planOf } from './plan.ts';
import { pythonServer } from './python.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Sooner than by default: the warm-up has to seal, too, and what is measured has to be sealed before its end. */
const SEAL_AFTER_MS = '2000';
const QUIET = '--disable-warning=ExperimentalWarning';

/** A server under load. */
export interface Side {
  readonly name: string;
  readonly features: readonly Feature[];
  readonly address: string;
  /** CPU µs used so far by its process, all threads, and what it started. */
  readonly cpuUs: () => number;
  /** Resolves when nothing is left to be sealed. */
  readonly settled: () => Promise<unknown>;
}

export type StartSide = (stack: AsyncDisposableStack) => Promise<Side>;

/** Starts a program that writes `{"grpc":"host:port"}` to its ready file, and stops it with the stack. */
async function startSide(
  stack: AsyncDisposableStack,
  name: string,
  features: readonly Feature[],
  start: (dir: string, readyFile: string) => ChildProcess,
): Promise<Side> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-serving-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const ready = join(dir, 'ready.json');
  await mkdir(join(dir, 'evidence'));
  await writeFile(join(dir, 'plan.json'), JSON.stringify(planOf(features)));
  const child = start(dir, ready);
  const gone = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  await until(`${name} answers`, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit ${child.exitCode}`);
    return existsSync(ready);
  });
  const wal = join(dir, 'evidence', 'wal');
  const settled = (): Promise<unknown> =>
    until(`${name} has sealed`, () => !existsSync(wal) || readdirSync(wal).every((f) => !f.endsWith('.wal')));
  const { grpc } = JSON.parse(readFileSync(ready, 'utf8')) as { grpc: string };
  return { name, features, address: grpc, cpuUs: () => cpuMicros([child.pid as number]), settled };
}

export const naive: StartSide = (stack) =>
  startSide(stack, 'naive', [], (_, ready) =>
    spawn(process.execPath, [QUIET, file('./naive-server.ts'), CHAMPION, ready], {
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  );

/** Ours with these features; evidence and metrics, which no plan can switch off, are taken out of the process. */
export const assay =
  (name: string, features: readonly Feature[], nodeFlags: readonly string[] = []): StartSide =>
  (stack) =>
    startSide(stack, name, features, (dir, ready) => {
      const without = (['evidence', 'metrics'] as const).filter((f) => !features.includes(f));
      const take = without.length === 0 ? [] : ['--import', file('./without.ts')];
      return spawn(
        process.execPath,
        [QUIET, ...nodeFlags, ...take, file('../../model-servers/server/main.ts')],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: {
            PATH: process.env.PATH,
            BENCH_WITHOUT: without.join(','),
            ASSAY_PLAN: join(dir, 'plan.json'),
            ASSAY_EVIDENCE: join(dir, 'evidence'),
            ASSAY_READY_FILE: ready,
            ASSAY_SEAL_AFTER_MS: SEAL_AFTER_MS,
          },
        },
      );
    });

export const everything = assay('everything', FEATURES);
export const bare = assay('bare', []);
export const alone = (feature: Feature): StartSide => assay(`+ ${feature}`, [feature]);

export const python: StartSide = (stack) =>
  pythonServer().then(({ program, interpreter }) =>
    startSide(stack, 'python', [], (_, ready) =>
      spawn(interpreter, [program, CHAMPION, ready], { stdio: ['ignore', 'inherit', 'inherit'] }),
    ),
  );
