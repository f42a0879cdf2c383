import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';

// A clone without dependencies, whose installation says when it begins and ends, and lasts until the file `go` is there

const clone = mkdtempSync(join(tmpdir(), 'assay-clone-'));
const SLOW = `import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
appendFileSync('log', 'begin\\n');
while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
appendFileSync('log', 'end\\n');
mkdirSync('node_modules', { recursive: true });
`;
const write = (name: string, text: string): void => writeFileSync(join(clone, name), text);
const log = (): string[] => readFileSync(join(clone, 'log'), 'utf8').split('\n').filter(Boolean);

beforeAll(() => {
  for (const folder of ['scripts', 'control-plane/cli']) mkdirSync(join(clone, folder), { recursive: true });
  for (const file of ['bootstrap.mjs', 'install-lock.mjs'])
    copyFileSync(join(REPOSITORY, 'scripts', file), join(clone, 'scripts', file));
  const about = { name: 'clone', version: '1.0.0' };
  write('package.json', JSON.stringify({ ...about, scripts: { postinstall: 'node slow.mjs' } }));
  write('package-lock.json', JSON.stringify({ ...about, lockfileVersion: 3, packages: { '': about } }));
  write('slow.mjs', SLOW);
  write('control-plane/cli/main.ts', `console.log('runs');`);
});
interface Started {
  readonly gone: Promise<{ code: number | null; out: string }>;
  readonly said: () => string;
  /** With npm below it. */
  readonly kill: () => void;
}
const started: Started[] = [];
afterEach(() => {
  for (const { kill } of started.splice(0)) kill();
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

/** The real bootstrap, in a process group of its own. */
function start(): Started {
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'assay'], { cwd: clone, detached: true });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (out += data));
  const gone = once(child, 'exit').then(([code]) => ({ code, out }));
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  };
  const one = { gone, said: () => out, kill };
  started.push(one);
  return one;
}

/** Node's modules are gone, and an installation lasts until it is told to go on. */
function uninstalled(): void {
  for (const name of ['node_modules', 'go', 'log'])
    rmSync(join(clone, name), { recursive: true, force: true });
  write('log', '');
}

test('of two processes one installs, the other waits, and both run', async () => {
  uninstalled();
  const first = start();
  await until('it installs', () => log().length === 1);
  const second = start();
  await until('the other one waits', () => second.said().includes('is installing packages here'));
  expect(log()).toEqual(['begin']);
  write('go', '');
  for (const { gone } of [first, second])
    expect(await gone).toMatchObject({ code: 0, out: expect.stringMatching(/runs\n$/) });
  expect(log()).toEqual(['begin', 'end']);
  expect(readdirSync(join(clone, '.cache/install'))).toEqual([]);
});

test('kill -9 of the one that installs: one of those that wait does it, and the others find it done', async () => {
  uninstalled();
  const killed = start();
  await until('it installs', () => log().length === 1);
  const waiting = [start(), start(), start()];
  for (const { said } of waiting)
    await until('it waits', () => said().includes('is installing packages here'));
  killed.kill();
  await killed.gone;
  await until('another one installs', () => log().length === 2);
  write('go', '');
  for (const { gone } of waiting)
    expect(await gone).toMatchObject({ code: 0, out: expect.stringMatching(/runs\n$/) });
  expect(log()).toEqual(['begin', 'begin', 'end']);
});

test('an installation that fails holds nobody back', async () => {
  uninstalled();
  write('slow.mjs', 'process.exit(1);');
  const failed = await start().gone;
  expect(failed).toMatchObject({ code: 1, out: expect.stringContaining('npm ci failed') });
  write('slow.mjs', SLOW);
  write('go', '');
  expect(await start().gone).toMatchObject({ code: 0 });
});
