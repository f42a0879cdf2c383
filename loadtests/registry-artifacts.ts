// Question: does a file of 1 GiB go up and down with the registry's memory growing by at most 100 MiB, and how fast is
// that beside a real `mlflow server` on the same machine? The two take turns. Budget: growth ≤ 100 MiB, bytes equal, and
// each way at least 1.5 times as fast (median of the rounds' ratios).
//   npm run bench:artifacts -- [--mib 1024] [--rounds 2] [--only assay]
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMlflowServer } from '../test/plane/mlflow-server.ts';
import { startTestPostgres } from '../test/plane/postgres.ts';
import { startRegistryProcess } from '../test/plane/registry-process.ts';
import { cpuSeconds, memoryMiB, processTree } from './lib/process-tree.ts';
import { median } from './registry/measure.ts';

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const MIB = 1024 * 1024;
const size = Number(values.mib);
const MOST_GROWTH_MIB = 100;
const LEAST_RATIO = 1.5;

interface Target {
  readonly name: string;
  readonly url: string;
  readonly roots: readonly number[];
  restMiB: number;
}
interface Transfer {
  readonly target: string;
  readonly what: 'up' | 'down';
  readonly mibPerSecond: number;
  readonly growthMiB: number;
  readonly cpuSecondsPerGib: number;
}

/** Watches a server's memory and processor time while `work` runs. */
async function measure(target: Target, what: 'up' | 'down', work: () => Promise<void>): Promise<Transfer> {
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, memoryMiB(target.roots));
  }, 100);
  const [cpu, begin] = [cpuSeconds(target.roots), performance.now()];
  await work();
  const seconds = (performance.now() - begin) / 1000;
  clearInterval(watch);
  peak = Math.max(peak, memoryMiB(target.roots));
  return {
    target: target.name,
    what,
    mibPerSecond: Math.round(size / seconds),
    growthMiB: Math.round(peak - target.restMiB),
    cpuSecondsPerGib: Number((((cpuSeconds(target.roots) - cpu) * 1024) / size).toFixed(1)),
  };
}

const pathOf = (round: number) => `/api/2.0/mlflow-artifacts/artifacts/bench/round-${round}.bin`;

async function upload(url: string, seed: Buffer): Promise<void> {
  const sending = request(url, { method: 'PUT', headers: { 'Content-Length': size * MIB } });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  for (let i = 0; i < size; i += 1) {
    const block = Buffer.from(seed);
    block.writeUInt32LE(i);
    if (!sending.write(block)) await once(sending, 'drain');
  }
  sending.end();
  const [answer] = await answered;
  await answer.resume().toArray();
  if (answer.statusCode !== 200) throw new Error(`PUT ${url}: ${answer.statusCode}`);
}

async function download(url: string, hash: ReturnType<typeof createHash> | undefined): Promise<void> {
  const [answer] = (await once(request(url).end(), 'response')) as [IncomingMessage];
  let received = 0;
  for await (const chunk of answer) {
    received += (chunk as Buffer).length;
    hash?.update(chunk as Buffer);
  }
  if (received !== size * MIB) throw new Error(`GET ${url}: ${answer.statusCode}, ${received} bytes`);
}

const digestOf = (seed: Buffer): string => {
  const hash = createHash('sha256');
  for (let i = 0; i < size; i += 1) {
    const block = Buffer.from(seed);
    block.writeUInt32LE(i);
    hash.update(block);
  }
  return hash.digest('hex');
};

async function startTargets(stack: AsyncDisposableStack): Promise<Target[]> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-transfer-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const postgres = stack.use(await startTestPostgres());
  const registry = await startRegistryProcess(dir, postgres.url);
  stack.defer(() => registry.end('SIGTERM'));
  const targets = [{ name: 'assay', url: registry.url, roots: [registry.pid], restMiB: 0 }];
  if (values.only !== 'assay') {
    const before = new Set(processTree([process.pid]));
    const real = stack.use(await startMlflowServer(`sqlite:///${join(dir, 'mlflow.db')}`));
    const roots = processTree([process.pid]).filter((pid) => !before.has(pid));
    targets.push({ name: 'mlflow', url: real.url, roots, restMiB: 0 });
  }
  return targets;
}

await using stack = new AsyncDisposableStack();
const targets = await startTargets(stack);
const transfers: Transfer[] = [];
let equal = true;
for (const target of targets) {
  // Everything is loaded once before its memory at rest is taken
  await fetch(`${target.url}/api/2.0/mlflow-artifacts/artifacts/bench/warm`, { method: 'PUT', body: 'x' });
  await fetch(`${target.url}/api/2.0/mlflow-artifacts/artifacts/bench/warm`);
  target.restMiB = memoryMiB(target.roots);
}
for (let round = 0; round < Number(values.rounds); round += 1) {
  const seed = randomBytes(MIB);
  for (const target of targets) {
    const url = `${target.url}${pathOf(round)}`;
    transfers.push(await measure(target, 'up', () => upload(url, seed)));
    transfers.push(await measure(target, 'down', () => download(url, undefined)));
  }
  if (round > 0) continue;
  const hash = createHash('sha256');
  await download(`${targets[0]?.url}${pathOf(round)}`, hash);
  equal = hash.digest('hex') === digestOf(seed);
}
console.log(`${size} MiB a transfer, bytes equal: ${equal}`);
console.table(transfers);
const grown = Math.max(...transfers.filter((t) => t.target === 'assay').map((t) => t.growthMiB));
const speeds = (target: string, what: 'up' | 'down') =>
  transfers.filter((t) => t.target === target && t.what === what).map((t) => t.mibPerSecond);
const ratios = (['up', 'down'] as const).map((what) => {
  const theirs = speeds('mlflow', what);
  return median(speeds('assay', what).map((speed, i) => speed / (theirs[i] ?? Number.NaN)));
});
console.log(`memory grew by ${grown} MiB; ratios up and down: ${ratios.map((r) => r.toFixed(1)).join(', ')}`);
const slow = values.only !== 'assay' && ratios.some((r) => !(r >= LEAST_RATIO));
if (!equal || grown > MOST_GROWTH_MIB || slow) {
  console.error(
    `Over budget: bytes equal, memory growth at most ${MOST_GROWTH_MIB} MiB and ratios of at least ${LEAST_RATIO} are wanted`,
  );
  process.exitCode = 1;
}
