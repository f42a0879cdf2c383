// Question: do the stated rates of the statistics hold: false positives under continuous peeking, coverage, power, false
// rollbacks and false ships? A seeded simulation; exit 1 when a rate is broken beyond Monte-Carlo error.
//   node loadtests/stat-rates.ts [--quick] [--seed 1] [--runs 10000] [--looks 1000] [--only peeking/srm,quasi] [--workers 2]
//     [--state FILE] [--out FILE]
// Chunks are kept in the state file as they are done: the same command goes on where it was cut off.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { judge, type Tally } from './rates/scenario.ts';
import { SCENARIOS } from './rates/scenarios.ts';
import { type Row, tables } from './rates/table.ts';
import type { Chunk } from './rates/worker.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    looks: { type: 'string' },
    only: { type: 'string', default: '' },
    workers: { type: 'string', default: String(Math.min(8, availableParallelism())) },
    state: { type: 'string' },
    out: { type: 'string' },
  },
});
const seed = Number(values.seed);
const runs = Number(values.runs ?? (values.quick ? 300 : 10_000));
const looks = Number(values.looks ?? (values.quick ? 200 : 1000));
const CHUNK = values.quick ? 100 : 500;
const stateFile = values.state ?? `.assay/rates-${seed}-${runs}-${looks}.json`;
const wanted = SCENARIOS.filter(({ id }) => values.only.split(',').some((prefix) => id.startsWith(prefix)));

type Done = Record<string, Record<string, Tally>>;
const done: Done = existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as Done) : {};

/** Whole or not at all: a run that is cut off leaves the file before. */
function save(): void {
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(`${stateFile}.new`, JSON.stringify(done));
  renameSync(`${stateFile}.new`, stateFile);
}

const queue: Chunk[] = wanted.flatMap(({ id }) =>
  Array.from({ length: Math.ceil(runs / CHUNK) }, (_, chunk) => ({
    ...{ id, chunk, seed, looks },
    runs: Math.min(CHUNK, runs - chunk * CHUNK),
  })).filter(({ chunk }) => done[id]?.[chunk] === undefined),
);
const total = queue.length;

async function work(): Promise<void> {
  const worker = new Worker(new URL('./rates/worker.ts', import.meta.url));
  try {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { id, chunk, tally } = await ask(worker, next);
      done[id] = { ...done[id], [chunk]: tally };
      save();
      if ((total - queue.length) % 20 === 0) console.error(`${total - queue.length} of ${total} chunks`);
    }
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, chunk: Chunk): Promise<{ id: string; chunk: number; tally: Tally }> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(chunk);
  });
}

await Promise.all(Array.from({ length: Math.max(1, Number(values.workers)) }, work));

/** Chunks in their order, so that the sums are the same bits whoever was done first. */
function tallyOf(id: string): Tally {
  const chunks = Object.entries(done[id] ?? {})
    .filter(([chunk]) => Number(chunk) < Math.ceil(runs / CHUNK))
    .sort(([a], [b]) => Number(a) - Number(b));
  const sums: number[] = [];
  let count = 0;
  for (const [, tally] of chunks) {
    count += tally.runs;
    for (const [i, x] of tally.sums.entries()) sums[i] = (sums[i] ?? 0) + x;
  }
  return { runs: count, sums };
}

const rows: Row[] = wanted.map((scenario) => ({ scenario, tally: tallyOf(scenario.id) }));
console.log(`Seed ${seed}, ${runs} runs, ${looks} looks.\n\n${tables(rows)}`);
if (values.out !== undefined) {
  const kept = rows.map(({ scenario: { id, method, table, data, stated, also }, tally }) => ({
    ...{ id, method, table, data, stated, also },
    ...judge({ id, method, table, data, stated, run: () => [] }, tally),
    others: tally.sums.slice(1).map((sum) => sum / tally.runs),
  }));
  writeFileSync(values.out, `${JSON.stringify({ seed, runs, looks, rows: kept }, null, 2)}\n`);
}
const broken = rows.filter(({ scenario, tally }) => judge(scenario, tally).broken);
for (const { scenario } of broken) console.error(`broken: ${scenario.id}`);
process.exitCode = broken.length > 0 ? 1 : 0;
