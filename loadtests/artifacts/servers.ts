import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startMlflowServer } from '../../test/plane/mlflow-server.ts';
import { databaseOf, startTestPostgres } from '../../test/plane/postgres.ts';
import { startRegistryProcess } from '../../test/plane/registry-process.ts';
import { processTree } from '../lib/process-tree.ts';
import { download, madeFile, upload } from './transfer.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

export interface Server {
  readonly name: string;
  /** Its processes; none of them comes or goes during a bench. */
  readonly pids: readonly number[];
  /** Resident memory of all of them after one small transfer. */
  readonly restMiB: number;
  readonly urlOf: (path: string) => string;
  /** What an upload still lacks until it survives a power cut, once it is answered. */
  readonly settle: (path: string) => Promise<void>;
}

const field = (pid: number, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) /
  1024;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const residentMiB = (pids: readonly number[]) => sum(pids.map((pid) => field(pid, 'VmRSS')));
/** The kernel's own count of the most resident memory (proc(5): clear_refs) starts again here; no peak escapes between two looks. */
export const forgetPeak = ({ pids }: Server): void => {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
};
/** By how much the most resident memory since then exceeds that at rest. */
export const growthMiB = ({ pids, restMiB }: Server): number =>
  sum(pids.map((pid) => field(pid, 'VmHWM'))) - restMiB;

/** What other transfers have left for the disk is written first, so that it meets no later one. */
export const quietDisk = async (): Promise<void> => {
  await promisify(execFile)('sync');
};

const syncFile = async (file: string): Promise<void> => {
  const handle = await open(file, 'r+');
  await handle.datasync();
  await handle.close();
};

const atRest = async (url: string, pids: readonly number[]) => {
  const urlOf = (path: string) => `${url}${PROXY}/${path}`;
  await upload(urlOf('warm/first'), madeFile(1));
  await download(urlOf('warm/first'), 1);
  return { pids, urlOf, restMiB: residentMiB(pids) };
};

/** Ours, and unless `alone` the real one as it is, and the same one with each upload synced by us. PostgreSQL keeps the names of all. */
export async function startServers(stack: AsyncDisposableStack, alone: boolean): Promise<Server[]> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-transfer-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const postgres = stack.use(await startTestPostgres());
  const registry = await startRegistryProcess(dir, await databaseOf(postgres.url, 'transfer_assay'));
  stack.defer(() => registry.end('SIGTERM'));
  const settled = async () => {};
  const ours = { name: 'assay', ...(await atRest(registry.url, [registry.pid])), settle: settled };
  if (alone) return [ours];
  const real = stack.use(await startMlflowServer(await databaseOf(postgres.url, 'transfer_mlflow')));
  const theirs = await atRest(real.url, processTree([real.pid]));
  return [
    ours,
    { name: 'mlflow', ...theirs, settle: settled },
    { name: 'mlflow, synced', ...theirs, settle: (path) => syncFile(join(real.artifacts, path)) },
  ];
}

/** As many small ones, one after another, as it takes for each of the real server's workers to have served a few. */
export async function warmUp(servers: readonly Server[]): Promise<void> {
  for (const { urlOf } of servers)
    for (let i = 0; i < 24; i += 1) {
      await upload(urlOf(`warm/${i}`), madeFile(1));
      await download(urlOf(`warm/${i}`), 1);
    }
}
