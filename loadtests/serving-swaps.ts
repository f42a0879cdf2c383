// Question: does a swap lose an answer or make one slow? 100 plans take over from one another under a steady load of prices:
// the champion changes each time, every third one runs in a process of its own, every tenth is a file of 52 MB, and a vision
// model computes all the while; another endpoint's model stays. Budget: no answer lost, none by a version that no plan in force
// named; the memory of all processes grows by no more than 25 % from the 30th to the last 30th swap.
//   npm run bench:swaps [-- --swaps 100 --clients 8 --out f.json]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  infer,
  pricingInputs,
  requestOf,
  type Sent,
  visionInputs,
} from '../test/contracts/inference-calls.ts';
import { endpoint, ModelServerProcess, served, until } from '../test/contracts/inference-server.ts';
import { wideOnnx } from '../test/plane/onnx-logistic.ts';
import { cpuSeconds, memoryMiB } from './lib/process-tree.ts';

const { values } = parseArgs({
  options: {
    swaps: { type: 'string', default: '100' },
    clients: { type: 'string', default: '8' },
    out: { type: 'string' },
  },
});
const [SWAPS, CLIENTS] = [Number(values.swaps), Number(values.clients)];
const WITHIN_MS = 120_000;
const HIDDEN = 3_600;
const MOST_GROWTH = 1.25;
/** After so many the same kinds of model are loaded. */
const MEMORY_EVERY = 30;
const BYSTANDERS = 2;

const model = (name: string): string =>
  fileURLToPath(new URL(`./serving/models/${name}.onnx`, import.meta.url));

interface Found {
  answered: number;
  readonly lost: string[];
  readonly strange: string[];
  readonly latencyMs: number[];
}

const dir = mkdtempSync(join(tmpdir(), 'assay-swaps-'));
const wide = join(dir, 'wide.onnx');

function planOf(swap: number): readonly object[] {
  const path = swap % 10 === 9 ? wide : model(swap % 2 === 0 ? 'champion' : 'candidate');
  const hosting = swap % 3 === 2 ? { place: 'process' } : {};
  return [
    endpoint('price', 'pricing', '', {
      champion: { model: 'm', version: String(swap), path, hosting },
      fallback: 'none',
    }),
    endpoint('steady', 'pricing', '', {
      champion: { model: 'm', version: 's', path: model('champion') },
      fallback: 'none',
    }),
    endpoint('look', 'vision', '', { champion: served('1', 'vision-slow') }),
  ];
}

/** Sends one price after another until told to stop. */
async function client(server: ModelServerProcess, found: Found, state: { swap: number; stop: boolean }) {
  while (!state.stop) {
    const [before, began] = [state.swap, performance.now()];
    try {
      const { version } = await infer(server, requestOf('price', pricingInputs(1000, 500)));
      found.answered++;
      found.latencyMs.push(performance.now() - began);
      if (Number(version) < before - 1 || Number(version) > state.swap)
        found.strange.push(`${version} at ${before}`);
    } catch (cause) {
      found.lost.push((cause as Error).message);
    }
  }
}

/** Prices of an endpoint whose model never changes. */
async function bystander(server: ModelServerProcess, found: Found, state: { stop: boolean }): Promise<void> {
  while (!state.stop) {
    const began = performance.now();
    await infer(server, requestOf('steady', pricingInputs(1000, 500))).then(
      () => found.answered++,
      (cause: Error) => found.lost.push(cause.message),
    );
    found.latencyMs.push(performance.now() - began);
  }
}

function quantiles({ latencyMs }: Found): Record<string, number | undefined> {
  const sorted = latencyMs.toSorted((a, b) => a - b);
  const at = (q: number): number | undefined => sorted[Math.floor(q * sorted.length)];
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: sorted.at(-1) };
}

async function looker(server: ModelServerProcess, state: { stop: boolean }): Promise<number> {
  let looks = 0;
  const slow = visionInputs(0) as Sent[];
  for (; !state.stop; looks++) await infer(server, requestOf('look', slow));
  return looks;
}

async function run(): Promise<object> {
  writeFileSync(wide, wideOnnx(8, HIDDEN));
  await using server = await ModelServerProcess.start(planOf(0));
  const newFound = (): Found => ({ answered: 0, lost: [], strange: [], latencyMs: [] });
  const [found, other] = [newFound(), newFound()];
  const state = { swap: 0, stop: false };
  const clients = Array.from({ length: CLIENTS }, () => client(server, found, state));
  const bystanders = Array.from({ length: BYSTANDERS }, () => bystander(server, other, state));
  const looks = looker(server, state);
  const [began, memory]: [number, number[]] = [performance.now(), []];
  for (let swap = 1; swap <= SWAPS; swap++) {
    state.swap = swap;
    server.writePlan(planOf(swap));
    server.signal('SIGHUP');
    await until(`plan ${swap}`, async () => (await routed(server, swap)) || undefined, WITHIN_MS);
    if (swap % MEMORY_EVERY === 0) memory.push(await settledMemory(server));
  }
  state.stop = true;
  await Promise.all([...clients, ...bystanders]);
  return {
    ...{
      swaps: SWAPS,
      answered: found.answered,
      lost: [...found.lost, ...other.lost],
      strange: found.strange.slice(0, 10),
    },
    looks: await looks,
    seconds: Math.round((performance.now() - began) / 1000),
    cpuSeconds: cpuSeconds([server.pid]),
    latencyMs: { swapped: quantiles(found), steady: quantiles(other) },
    memoryMiB: memory.map(Math.round),
    alive: server.isAlive,
  };
}

async function routed(server: ModelServerProcess, swap: number): Promise<boolean> {
  const answer = await fetch(`${server.http}/v2/models/price`);
  return ((await answer.json()) as { versions: string[] }).versions[0] === String(swap);
}

/** Versions are released 5 s after the last plan that named them, hosts that tried models end 5 s after the last one. */
async function settledMemory(server: ModelServerProcess): Promise<number> {
  await delay(12_000);
  return memoryMiB([server.pid]);
}

try {
  const report = (await run()) as { lost: string[]; strange: string[]; memoryMiB: number[]; alive: boolean };
  const text = JSON.stringify(report, null, 2);
  console.log(text);
  if (values.out !== undefined) writeFileSync(values.out, text);
  const [first = Number.NaN, last = Number.NaN] = [report.memoryMiB[0], report.memoryMiB.at(-1)];
  const isMissed =
    report.lost.length + report.strange.length > 0 || !report.alive || last > first * MOST_GROWTH;
  if (Number.isNaN(first)) console.error(`fewer than ${MEMORY_EVERY} swaps: memory was not looked at`);
  if (isMissed) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
