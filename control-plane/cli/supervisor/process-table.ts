import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';
import { type StateFolder, writeAtomically } from './state-folder.ts';

/** One line of processes.json: what runs, and how often it had to be started again. */
export interface ProcessRow {
  readonly name: string;
  readonly pid: number;
  /** Start time of the pid as the system counts it, so that a pid used again is not mistaken for ours. */
  readonly startedTicks: string;
  readonly restarts: number;
  readonly state: 'starting' | 'running' | 'waiting' | 'stopped';
}

/** Kernel's start time of a pid, or undefined when there is no such process. Off Linux only existence is known. */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Field 3 (state): a zombie runs no more
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return process.platform !== 'linux' && exists(pid) ? 'unknown' : undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** False for a pid that is gone, and for one that another program uses by now. */
export const isAlive = (row: ProcessRow): boolean => startTicks(row.pid) === row.startedTicks;

const fileOf = (state: StateFolder): string => join(state.root, 'processes.json');

export function readProcesses(state: StateFolder): readonly ProcessRow[] {
  try {
    return JSON.parse(readFileSync(fileOf(state), 'utf8')) as ProcessRow[];
  } catch {
    return [];
  }
}

export const writeProcesses = (state: StateFolder, rows: readonly ProcessRow[]): void =>
  writeAtomically(fileOf(state), JSON.stringify(rows, null, 2));

/** Ends what a supervisor that was killed has left running, so that nothing serves from this folder twice. */
export async function endLeftovers(state: StateFolder, say: (line: string) => void): Promise<void> {
  const rows = readProcesses(state).filter((r) => r.name !== 'supervisor' && isAlive(r));
  for (const r of rows) {
    say(`ending ${r.name} (pid ${r.pid}), left by a supervisor that was killed`);
    signal(r.pid, r.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  }
  const end = Date.now() + 10_000;
  while (rows.some(isAlive) && Date.now() < end) await delay(50);
  for (const r of rows.filter(isAlive)) signal(r.pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone in between
  }
}

const supervisorOf = (state: StateFolder): ProcessRow | undefined =>
  readProcesses(state).find((r) => r.name === 'supervisor' && isAlive(r));

/** True when an Assay is up on the folder. After kill -9 its addresses are still there, and it is not. */
export const runsOn = (state: StateFolder): boolean =>
  supervisorOf(state) !== undefined && existsSync(state.endpoints);

/** One supervisor a folder. Throws ALREADY_EXISTS naming the running one. */
export function assertAlone(state: StateFolder): void {
  const other = supervisorOf(state);
  if (other && other.pid !== process.pid) {
    const where = existsSync(state.endpoints) ? `; its addresses are in "${state.endpoints}"` : '';
    throw new AssayError(
      'ALREADY_EXISTS',
      `Cannot start: an Assay (pid ${other.pid}) runs on "${state.root}"${where}`,
    );
  }
}
