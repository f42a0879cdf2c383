// Installs what is missing, then runs a command on the Node that the lock file pins. Plain JavaScript for any Node
// from 18 on, without dependencies: it runs before there are any.
//   node scripts/bootstrap.mjs assay up --demo | vitest run … | check
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './install-lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const stamp = join(modules, '.assay-lock');
const windows = process.platform === 'win32';

const isInstalled = (digest) => existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;

/** npm ci when the lock file is not the one that node_modules was made from; of several processes one does it, the others wait. */
function install() {
  const digest = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (isInstalled(digest)) return;
  const failed = alone(join(root, '.cache', 'install'), () => (isInstalled(digest) ? 0 : npmCi(digest)));
  if (failed !== 0) process.exit(failed);
}

/** Answers npm's exit status. It removes node_modules first, and so all that others may be running from there. */
function npmCi(digest) {
  console.error('assay: installing packages from package-lock.json (npm ci) …');
  // npm's own lifecycle variables would make the inner npm think that it runs as this script's child
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([k]) => !/^npm_(lifecycle|package|command|execpath)/.test(k)),
  );
  const npm = spawnSync(windows ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env,
    shell: windows,
  });
  if (npm.error || npm.status !== 0) {
    console.error(
      `assay: npm ci failed (${npm.error?.message ?? `exit ${npm.status}`}). Check the network and the registry, then run the command again.`,
    );
    return npm.status || 1;
  }
  writeFileSync(stamp, digest);
  return 0;
}

/** A Node that strips types: the pinned one, else the running one where it is new enough. */
function node() {
  const pinned = join(bin, windows ? 'node.cmd' : 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(
    `assay: no pinned Node for ${process.platform}-${process.arch} and this one is ${process.version}; install Node 24 or later.`,
  );
  return process.exit(2);
}

/** The child decides how to end: a signal that reaches this process goes on to it, and its exit status comes back. */
function run(file, args) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(file, args, { cwd: root, stdio: 'inherit', env });
  // A terminal sends Ctrl-C to the whole group; SIGTERM comes to this process alone
  const forward = (signal) => child.kill(signal);
  const handlers = { SIGINT: () => {}, SIGTERM: forward, SIGHUP: forward };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  // npm hands a SIGTERM to the shell between it and this process, which dies of it and tells nobody
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) forward('SIGTERM');
  }, 1_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(watch);
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
      resolve(code ?? 1);
    });
  });
}

const script = (name, ...parts) => join(modules, name, ...parts);
const CHECKS = [
  [
    'format and lint (biome)',
    (n) => [n, [script('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']],
  ],
  [
    'lint with types (oxlint)',
    (n) => [n, [script('oxlint', 'bin', 'oxlint'), '--type-aware', '--deny-warnings', '.']],
  ],
  ['types (tsc -b)', (n) => [n, [script('typescript', 'bin', 'tsc'), '-b']]],
  ['generated protocol code', (n) => [n, [join(root, 'scripts', 'generate-proto.mjs'), '--check']]],
  ['ui (svelte-check)', () => [windows ? 'npm.cmd' : 'npm', ['run', '--silent', 'check', '-w', 'ui']]],
];

async function check(only) {
  const failed = [];
  for (const [name, command] of CHECKS.filter(([n]) => !only || n.includes(only))) {
    const startedAt = Date.now();
    const [file, args] = command(node());
    const status = await run(file, args);
    console.error(
      `${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`,
    );
    if (status !== 0) failed.push(name);
  }
  return failed.length === 0 ? 0 : 1;
}

const PROGRAMS = {
  assay: (args) => run(node(), [join(root, 'control-plane', 'cli', 'main.ts'), ...args]),
  vitest: (args) => run(node(), [script('vitest', 'vitest.mjs'), ...args]),
  check: (args) => check(args[0]),
};

const [program = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(PROGRAMS, program)) {
  console.error(`usage: node scripts/bootstrap.mjs ${Object.keys(PROGRAMS).join('|')} [arguments]`);
  process.exit(2);
}
install();
process.exitCode = await PROGRAMS[program](args);
