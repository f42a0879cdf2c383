// Question: what does sealing a segment into Parquet cost a row (a row is a request's record)? Budget: 10 µs of processor time a row where
// requests have one row; 8 and 64 rows, whose tensors are larger, are told beside it.
//   npm run bench:sealing [-- --requests 6000 --rounds 8]
import { copyFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sealSegment } from '../model-servers/evidence/seal.ts';
import { listSegments, segmentFile } from '../model-servers/evidence/segments.ts';
import { ModelServerProcess } from '../test/contracts/inference-server.ts';
import { median } from './registry/measure.ts';
import { Generator } from './serving/measure.ts';
import { FEATURES, planOf } from './serving/plan.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '6000' }, rounds: { type: 'string', default: '8' } },
});
const BUDGET_US = 10;
const ROWS = [1, 8, 64];
const NEVER_MS = '3600000';

/** The kernel brings a thread's count up to date when it is asked for the process's. */
function threadCpuUs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** µs a record of each round: the same segments again and again, as a server seals one after the other. */
function sealedUs(dir: string, segments: readonly string[]): readonly number[] {
  return Array.from({ length: Number(values.rounds) }, () => {
    for (const name of segments) {
      rmSync(join(dir, 'predictions'), { recursive: true, force: true });
      copyFileSync(`${segmentFile(dir, name)}.kept`, segmentFile(dir, name));
    }
    const began = threadCpuUs();
    const rows = segments.reduce((n, name) => n + sealSegment(dir, name).rows, 0);
    return (threadCpuUs() - began) / rows;
  });
}

async function measure(generator: Generator, rows: number): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-sealing-'));
  try {
    const { endpoints } = planOf(FEATURES) as { endpoints: readonly object[] };
    await using server = await ModelServerProcess.start(endpoints, {
      dir,
      env: { ASSAY_SEAL_AFTER_MS: NEVER_MS },
    });
    const side = {
      name: 'everything',
      features: FEATURES,
      address: server.grpc,
      cpuUs: () => 0,
      settled: async () => undefined,
    };
    await generator.run(side, rows, { kind: 'closed', inFlight: 32 }, Number(values.requests));
    // What it has not sealed stays
    await server.stop('SIGKILL');
    const segments = await listSegments(server.evidence);
    for (const name of segments)
      copyFileSync(segmentFile(server.evidence, name), `${segmentFile(server.evidence, name)}.kept`);
    const us = sealedUs(server.evidence, segments);
    console.log(
      `${rows} rows a request: ${median(us).toFixed(1)} µs a record, ${(us[0] ?? 0).toFixed(1)} in the first round, before V8 has compiled it`,
    );
    return median(us);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function run(): Promise<boolean> {
  await using generator = new Generator(4);
  const found: number[] = [];
  for (const rows of ROWS) found.push(await measure(generator, rows));
  return (found[0] as number) <= BUDGET_US;
}

process.exitCode = (await run()) ? 0 : 1;
