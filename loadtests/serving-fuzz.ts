// Does the server answer every malformed request with the right status, or cut it by its limits, without dying and
// without keeping memory? Budget: 200,000 requests, no wrong end, the process that started is the one that ends, and
// its memory after them at most 128 MiB over what it was after the first tenth.
//   node loadtests/serving-fuzz.ts [--requests 200000] [--seed assay]
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Found, fuzz, type Target } from './fuzz/fuzz.ts';
import { ENDPOINT, LIMIT_BYTES, REQUEST_TIMEOUT_MS } from './fuzz/message.ts';

const MAIN = fileURLToPath(new URL('../model-servers/server/main.ts', import.meta.url));
const MODEL = fileURLToPath(new URL('../test/reference/models/bidding-affinity.onnx', import.meta.url));
const GROWTH_MIB = 128;
const READY_MS = 60_000;
/** The collector has had its turn and sockets are gone. */
const REST_MS = 10_000;

const { values: flags } = parseArgs({
  options: { requests: { type: 'string', default: '200000' }, seed: { type: 'string', default: 'assay' } },
});

function start(folder: string): ChildProcess {
  const champion = { model: 'm', version: '1', path: MODEL };
  const plan = join(folder, 'plan.json');
  const endpoints = [{ name: ENDPOINT, family: 'bidding', champion }];
  writeFileSync(plan, JSON.stringify({ version: 1, endpoints }));
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: {
      PATH: process.env.PATH ?? '',
      ASSAY_PLAN: plan,
      ASSAY_EVIDENCE: join(folder, 'evidence'),
      ASSAY_READY_FILE: join(folder, 'ready.json'),
      ASSAY_MAX_MESSAGE_BYTES: String(LIMIT_BYTES),
      ASSAY_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function targetOf(folder: string, child: ChildProcess): Promise<Target> {
  for (const end = Date.now() + READY_MS; Date.now() < end; await delay(50)) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      return JSON.parse(readFileSync(join(folder, 'ready.json'), 'utf8')) as Target;
    } catch {
      // Not yet
    }
  }
  throw new Error('the server did not become ready');
}

/** Resident memory in MiB (Linux). */
function memoryMib({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

function report({ counts, wrong }: Found): void {
  for (const [kind, ends] of [...counts].sort())
    console.log(`${kind}: ${[...ends].map(([how, n]) => `${how} × ${n}`).join(', ')}`);
  for (const line of wrong) console.log(`WRONG ${line}`);
}

async function main(): Promise<number> {
  const requests = Number(flags.requests);
  const folder = mkdtempSync(join(tmpdir(), 'assay-fuzz-'));
  const child = start(folder);
  try {
    const target = await targetOf(folder, child);
    const first = await fuzz(target, `${flags.seed}/first`, Math.ceil(requests / 10));
    await delay(REST_MS);
    const before = memoryMib(child);
    const rest = await fuzz(target, flags.seed, requests - Math.ceil(requests / 10));
    await delay(REST_MS);
    const after = memoryMib(child);
    report(first);
    report(rest);
    const alive = child.exitCode === null && child.signalCode === null;
    const wrong = first.wrong.length + rest.wrong.length;
    console.log(
      `${requests} requests, ${wrong} wrong ends, process ${alive ? 'alive' : 'DEAD'}, memory ${before} MiB after a tenth, ${after} MiB at the end`,
    );
    return alive && wrong === 0 && after - before <= GROWTH_MIB ? 0 : 1;
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
