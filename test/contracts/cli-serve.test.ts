import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import { afterAll, expect, test } from 'vitest';
import { until } from '../plane/until.ts';
import { MODELS } from './inference-server.ts';

const root = mkdtempSync(join(tmpdir(), 'assay-serve-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const plan = join(root, 'plan.json');

/** The verb as a person types it, in another folder than the plan's. */
function serve(...more: string[]): ChildProcess {
  const bin = join(REPOSITORY, 'control-plane/cli/bin/assay.mjs');
  const args = ['serve', '--plan', plan, '--evidence', join(root, 'evidence'), '--json', ...more];
  return spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() });
}

const write = (version: string): void =>
  writeFileSync(
    plan,
    JSON.stringify({
      version: 1,
      endpoints: [{ name: 'rank', family: 'ranking', champion: { model: 'm', version, path: 'rank.onnx' } }],
    }),
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('serves on its ports from relative paths, reloads on SIGHUP, keeps the old plan when the new one is bad, ends on SIGTERM', async () => {
  copyFileSync(join(MODELS, 'ranking-affinity.onnx'), join(root, 'rank.onnx'));
  write('1');
  const [port, httpPort] = [await freePort(), await freePort()];
  const child = serve('--port', String(port), '--http-port', String(httpPort));
  let [out, err] = ['', ''];
  child.stdout?.on('data', (part: Buffer) => {
    out += part;
  });
  child.stderr?.on('data', (part: Buffer) => {
    err += part;
  });
  const ended = once(child, 'exit');
  try {
    const address = await until('its addresses', () => (out.includes('\n') ? JSON.parse(out) : undefined));
    expect(address).toEqual({ grpc: `127.0.0.1:${port}`, http: `http://127.0.0.1:${httpPort}` });
    const versions = async (): Promise<string[]> =>
      ((await (await fetch(`${address.http}/v2/models/rank`)).json()) as { versions: string[] }).versions;
    expect(await versions()).toEqual(['1']);
    write('2');
    child.kill('SIGHUP');
    await until('version 2', async () => (await versions())[0] === '2');
    writeFileSync(plan, '{"version":1,"endpoints":[{"name":"rank","family":"cooking"}]}');
    child.kill('SIGHUP');
    await until('the refusal', () => err.includes('endpoints[0].family'));
    expect(await versions()).toEqual(['2']);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(join(root, 'evidence')).length).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('--processes: two servers on one port, ended by one signal, evidence of both', async () => {
  copyFileSync(join(MODELS, 'ranking-affinity.onnx'), join(root, 'rank.onnx'));
  write('1');
  const child = serve('--processes', '2');
  let out = '';
  child.stdout?.on('data', (part: Buffer) => {
    out += part;
  });
  const ended = once(child, 'exit');
  try {
    const { http } = await until('its addresses', () => (out.includes('\n') ? JSON.parse(out) : undefined));
    expect((await fetch(`${http}/v2/health/ready`)).status).toBe(200);
    const locks = readdirSync(join(root, 'evidence/wal')).filter((f) => f.endsWith('.lock'));
    expect(locks.sort()).toEqual(['standalone-1.lock', 'standalone-2.lock']);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a port that is taken is refused, whichever of the two it is, and nothing is left running', async () => {
  copyFileSync(join(MODELS, 'ranking-affinity.onnx'), join(root, 'rank.onnx'));
  write('1');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  for (const flag of ['--port', '--http-port']) {
    const child = serve(flag, String(port));
    let out = '';
    child.stdout?.on('data', (part: Buffer) => {
      out += part;
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(JSON.parse(out).error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(JSON.parse(out).error.message).toContain(`127.0.0.1:${port}`);
  }
  other.close();
});
