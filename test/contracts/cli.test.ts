import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import { complaint } from '@assay/cli/supervisor/last-words';
import { readProcesses } from '@assay/cli/supervisor/process-table';
import { openStateFolder } from '@assay/cli/supervisor/state-folder';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assay } from '../plane/assay.ts';
import { until } from '../plane/until.ts';

// Every verb as a person types it, where no Assay runs: help, wrong use (exit 2), refusals (exit 1)

const root = mkdtempSync(join(tmpdir(), 'assay-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const nowhere = join(root, 'nowhere');

const VERBS = [
  'up',
  'demo',
  'serve',
  'doctor',
  'model list',
  'model show',
  'model lineage',
  'model check',
  'model sign',
  'model verify',
  'model bom',
  'model register',
  'model compare',
  'import mlflow',
  'export mlflow',
  'release list',
  'release show',
  'release request',
  'release approve',
  'release abort',
  'release unquarantine',
  'experiment list',
  'experiment show',
  'experiment stop',
  'stats',
  'audit verify',
  'evidence cat',
  'evidence look',
  'webhook create',
  'webhook list',
  'webhook show',
  'webhook test',
  'webhook pause',
  'webhook resume',
  'webhook delete',
  'webhook deliveries',
  'webhook redeliver',
];

/** Runs some at a time: two cores, and each is a Node that starts. */
async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const one = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
  };
  await Promise.all([one(), one(), one()]);
}

describe('help', () => {
  let list = '';
  beforeAll(async () => {
    list = (await assay(['--help'])).stdout;
  });

  test('every verb has help that names --json, and the list names every verb', async () => {
    await eachOf(VERBS, async (verb) => {
      const { code, stdout } = await assay([...verb.split(' '), '--help']);
      expect(code, verb).toBe(0);
      expect(stdout, verb).toContain(`Usage: assay ${verb}`);
      expect(stdout, verb).toContain('--json');
      expect(list, verb).toContain(verb.split(' ')[0]);
    });
    const listed = [...list.matchAll(/^ {2}([a-z]+)[ \n]/gm)].map((m) => m[1]);
    expect(new Set(listed)).toEqual(new Set([...VERBS.map((v) => v.split(' ')[0]), 'help']));
  });
});

test('wrong use exits 2 and says what is wrong', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'Usage: assay'],
    ['nosuch', "unknown command 'nosuch'"],
    ['release', 'Usage: assay release'],
    ['release show only-a-model', "missing required argument 'version'"],
    ['release abort m 1', "required option '--reason <text>'"],
    ['release unquarantine m 1', "required option '--reason <text>'"],
    ['model lineage m', "missing required argument 'version'"],
    ['release approve m 1 nosuch', 'Allowed choices are shadow, canary, experiment, ship'],
    ['release list --as root', 'Allowed choices are admin'],
    ['up --nosuch', "unknown option '--nosuch'"],
    ['up --port 70000', 'whole number from 1 to 65535'],
    ['up --servers 1e1', 'whole number from 1 to 16'],
    ['up --auth optional', 'Allowed choices are open, required'],
    ['demo --families ranking,cooking', '"cooking" is no family: known are ranking'],
    ['serve', "required option '--plan <file>'"],
    ['experiment stop x', "required option '--reason <text>'"],
    ['evidence cat', "missing required argument 'dir'"],
    ['evidence look d', "required option '--set <file>'"],
    ['model register x.onnx --family pricing', "required option '--model <name>'"],
    ['model register x.onnx --model m --family cooking', 'Allowed choices are ranking'],
    ['model register x.onnx --model m --family pricing --param depth', 'must be KEY=VALUE'],
    ['model compare m 1', "missing required argument 'other'"],
    ['import mlflow', "missing required argument 'uri'"],
    ['export mlflow http://a --width 0', 'whole number from 1 to 64'],
  ];
  await eachOf(cases, async ([line, message]) => {
    const { code, stdout, stderr } = await assay(line === '' ? [] : line.split(' '));
    expect({ code, stdout }, line).toEqual({ code: 2, stdout: '' });
    expect(stderr, line).toContain(message);
  });
});

test('serve --schema prints the JSON Schema of plans', async () => {
  const { code, stdout } = await assay(['serve', '--schema']);
  const committed = readFileSync(join(REPOSITORY, 'model-servers/route-plan.schema.json'), 'utf8');
  expect([code, JSON.parse(stdout)]).toEqual([0, JSON.parse(committed)]);
});

test('a refusal exits 1 with code, value and remedy; --json says the same', async () => {
  const plan = join(root, 'bad-plan.json');
  writeFileSync(plan, '{"version":7,"endpoints":[]}');
  const file = join(root, 'a-file');
  writeFileSync(file, '');
  const cases: readonly (readonly [string, string, string])[] = [
    [`release list --state ${nowhere}`, 'CONFIG_INVALID', 'assay up --state'],
    [`model list --state ${nowhere}`, 'CONFIG_INVALID', nowhere],
    [`model compare m 1 2 --state ${nowhere}`, 'CONFIG_INVALID', nowhere],
    [`import mlflow http://127.0.0.1:9 --state ${nowhere}`, 'CONFIG_INVALID', nowhere],
    [`experiment list --state ${nowhere}`, 'CONFIG_INVALID', nowhere],
    [`audit verify --state ${nowhere}`, 'CONFIG_INVALID', nowhere],
    [`evidence cat ${nowhere}`, 'NOT_FOUND', nowhere],
    [`serve --plan ${plan} --evidence ${root}/evidence`, 'PLAN_INVALID', '"version" must be 1, not 7'],
    [`up --state ${file}`, 'CONFIG_INVALID', file],
  ];
  await eachOf(cases, async ([line, errorCode, message]) => {
    const text = await assay(line.split(' '));
    expect(text.code, line).toBe(1);
    expect(text.stderr, line).toMatch(new RegExp(`refused ${errorCode}: `));
    expect(text.stderr, line).toContain(message);
    expect(text.stderr, line).toContain('remedy: ');
    const json = await assay([...line.split(' '), '--json']);
    expect(json.code, line).toBe(1);
    const { ok, error } = JSON.parse(json.stdout) as {
      ok: boolean;
      error: { code: string; message: string; remedy: string };
    };
    expect({ ok, code: error.code }, line).toEqual({ ok: false, code: errorCode });
    expect(error.message, line).toContain(message);
    expect(error.remedy.length, line).toBeGreaterThan(10);
  });
});

test.skipIf(!existsSync('/proc/self'))(
  'up on a folder that cannot be made or written says so at once',
  async () => {
    // Root may do anything but this; Node's own recursive mkdir would try for ever
    for (const state of ['/proc/assay/state', '/proc']) {
      const { code, stdout } = await assay(['up', '--json', '--state', state], { timeoutMs: 60_000 });
      expect(code, state).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        error: {
          code: 'CONFIG_INVALID',
          message: expect.stringContaining(`Cannot use state folder "${state}"`),
        },
      });
    }
  },
);

test('up names a port that another program has', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  for (const flag of ['--port', '--registry-port', '--inference-port']) {
    const { code, stderr } = await assay(['up', '--state', join(root, 'taken'), flag, port]);
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot use port ${port} for ${flag}: another program listens there`);
  }
  other.close();
});

test('SIGTERM during the start, twice as from npm, stops what runs by then', async () => {
  const state = openStateFolder(join(root, 'cancelled'));
  const main = join(REPOSITORY, 'control-plane/cli/main.ts');
  const up = spawn(process.execPath, [main, 'up', '--json', '--state', state.root], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  up.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  up.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const closed = once(up, 'close');
  await until('a first process is up', () => stderr.includes(' is up ('));
  up.kill('SIGTERM');
  up.kill('SIGTERM');
  expect(await closed).toEqual([1, null]);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'START_CANCELLED', message: 'Cannot go on starting: ended by SIGTERM' },
  });
  expect(readProcesses(state)).toEqual([]);
});

test('an endpoints.json that is torn is named', async () => {
  const state = join(root, 'torn');
  mkdirSync(state);
  writeFileSync(join(state, 'endpoints.json'), '{"version":1,');
  const { code, stderr } = await assay(['release', 'list', '--state', state]);
  expect(code).toBe(1);
  expect(stderr).toContain(`Cannot read "${join(state, 'endpoints.json')}"`);
});

test('stats answers each line; one refused alone is exit 1, nothing asked is exit 2', async () => {
  const ask = '{"method":"srm","version":1,"counts":[5050,4950],"weights":[0.5,0.5]}';
  const good = await assay(['stats'], { input: `${ask}\n` });
  expect(good.code).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({ ok: true });
  const bad = await assay(['stats'], { input: '{"method":"nosuch","version":1}\n' });
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false });
  const both = await assay(['stats'], { input: `${ask}\nnonsense\n` });
  expect(both.code).toBe(0);
  expect(both.stdout.trim().split('\n')).toHaveLength(2);
  const none = await assay(['stats']);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('"method":"srm"');
});

test('doctor tells what is missing: a PATH without Python', async () => {
  const env = {
    PATH: dirname(process.execPath),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    DATABASE_URL: 'postgres://x',
  };
  const { code, stdout } = await assay(['doctor', '--json', '--state', join(root, 'doctor')], { env });
  expect(code).toBe(1);
  const { ok, findings } = JSON.parse(stdout) as {
    ok: boolean;
    findings: { what: string; ok: boolean; found: string }[];
  };
  expect(ok).toBe(false);
  const byName = Object.fromEntries(findings.map((f) => [f.what, f]));
  expect(byName.Node).toMatchObject({ ok: true, found: process.version });
  expect(byName.Python).toMatchObject({ ok: false, found: expect.stringContaining('Install Python 3.11') });
  expect(byName.processes?.found).toBe('none runs on this folder');
});

/** A Node before 24 on PATH, as a stranger's machine has it. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((dir) => dir !== '' && !dir.includes('node_modules'))
  .map((dir) => join(dir, 'node'))
  .find((file) => {
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
    return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 24) < 24;
  });

const isMissing = oldNode === undefined;
const oldTitle = `an old Node hands over to the pinned one${isMissing ? ' (skipped: none on PATH)' : ''}`;

test.skipIf(isMissing)(oldTitle, () => {
  const bin = join(REPOSITORY, 'control-plane/cli/bin/assay.mjs');
  const args = [bin, 'doctor', '--json', '--state', join(root, 'old-node')];
  const { stdout } = spawnSync(oldNode ?? '', args, { encoding: 'utf8', cwd: root });
  const { findings } = JSON.parse(stdout) as { findings: { what: string; ok: boolean; found: string }[] };
  expect(findings.find((f) => f.what === 'Node')).toMatchObject({
    ok: true,
    found: expect.stringMatching(/^v2[4-9]/),
  });
});

test('the last complaint of a log is what a person is told', () => {
  const json = JSON.stringify({ level: 50, msg: 'cannot listen', err: { message: 'EADDRINUSE' } });
  expect(complaint(`starting\n${json}\nbye\n`)).toBe('cannot listen: EADDRINUSE');
  expect(complaint('one\ntwo\n')).toBe('two');
  expect(complaint('')).toBeUndefined();
});
