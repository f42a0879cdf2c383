// Question: how fast do 64 MiB go up and down beside a real `mlflow server` on the same machine, and does 1 GiB do so with
// the registry's memory growing by at most 100 MiB? The servers take turns. Budget: at 64 MiB each way at least 1.5 times as
// fast (median of the rounds' ratios), at 1 GiB growth ≤ 100 MiB, bytes equal.
//   npm run bench:artifacts -- [--mib 64] [--rounds 11] [--large-mib 1024] [--large-rounds 2] [--only assay]
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { forgetPeak, growthMiB, quietDisk, type Server, startServers, warmUp } from './artifacts/servers.ts';
import { digestOf, download, madeFile, upload } from './artifacts/transfer.ts';
import { cpuMicros } from './lib/process-tree.ts';
import { median } from './registry/measure.ts';

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '11' },
    'large-mib': { type: 'string', default: '1024' },
    'large-rounds': { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const MOST_GROWTH_MIB = 100;
const LEAST_RATIO = 1.5;
const WAYS = ['up', 'down'] as const;
type Way = (typeof WAYS)[number];

interface Transfer {
  readonly server: string;
  readonly way: Way;
  readonly mibPerSecond: number;
  readonly growthMiB: number;
  readonly cpuSecondsPerGib: number;
}

async function measure(server: Server, way: Way, mib: number, work: () => Promise<void>): Promise<Transfer> {
  forgetPeak(server);
  const [cpu, begin] = [cpuMicros(server.pids), performance.now()];
  await work();
  const seconds = (performance.now() - begin) / 1000;
  return {
    server: server.name,
    way,
    mibPerSecond: mib / seconds,
    growthMiB: growthMiB(server),
    cpuSecondsPerGib: ((cpuMicros(server.pids) - cpu) * 1024) / mib / 1e6,
  };
}

async function turn(server: Server, path: string, file: readonly Buffer[]): Promise<Transfer[]> {
  const url = server.urlOf(path);
  await quietDisk();
  const up = await measure(server, 'up', file.length, async () => {
    await upload(url, file);
    await server.settle(path);
  });
  return [up, await measure(server, 'down', file.length, () => download(url, file.length))];
}

/**
 * Every server in turn, in an order that rotates; rounds before the first warm up and are not kept. A file's bytes are new each
 * time: ours keeps what it has once.
 */
async function transfers(
  servers: readonly Server[],
  mib: number,
  rounds: number,
  warmUps: number,
): Promise<Transfer[]> {
  const found: Transfer[] = [];
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    for (let i = 0; i < servers.length; i += 1) {
      const server = servers[(i + round + warmUps) % servers.length];
      if (server === undefined) continue;
      const both = await turn(server, `bench/${mib}-${round}-${i}.bin`, madeFile(mib));
      if (round > 0) found.push(...both);
    }
    console.error(`  ${mib} MiB, round ${round} of ${rounds}`);
  }
  return found;
}

async function bytesEqual([server]: readonly Server[], mib: number): Promise<boolean> {
  if (server === undefined) return false;
  const [file, hash] = [madeFile(mib), createHash('sha256')];
  await upload(server.urlOf('bench/equal.bin'), file);
  await download(server.urlOf('bench/equal.bin'), mib, (chunk) => hash.update(chunk));
  return hash.digest('hex') === digestOf(file);
}

/** Prints a table; answers the ratios to the real server as it is, and the largest growth of ours. */
function report(found: readonly Transfer[], servers: readonly Server[], mib: number) {
  const of = (server: string, way: Way) => found.filter((t) => t.server === server && t.way === way);
  const ratio = (theirs: string, way: Way) => {
    const other = of(theirs, way).map((t) => t.mibPerSecond);
    return median(of('assay', way).map((t, i) => t.mibPerSecond / (other[i] ?? Number.NaN)));
  };
  console.log(`\n| ${mib} MiB | way | MiB/s | ours is faster by | CPU s a GiB | memory grows by, MiB |`);
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const { name } of servers)
    for (const way of WAYS) {
      const each = of(name, way);
      const cells = [
        median(each.map((t) => t.mibPerSecond)).toFixed(0),
        name === 'assay' ? '' : ratio(name, way).toFixed(2),
        median(each.map((t) => t.cpuSecondsPerGib)).toFixed(2),
        Math.max(...each.map((t) => t.growthMiB)).toFixed(0),
      ];
      console.log(`| ${name} | ${way} | ${cells.join(' | ')} |`);
    }
  return {
    ratios: WAYS.map((way) => ratio('mlflow', way)),
    growthMiB: Math.max(...found.filter((t) => t.server === 'assay').map((t) => t.growthMiB)),
  };
}

const alone = values.only === 'assay';
const stack = new AsyncDisposableStack();
const starting = startServers(stack, alone);
let stopped: Promise<void> | undefined;
/** Servers that were started here stop, whatever ends the run; one that still starts is waited for. */
const stop = (): Promise<void> => {
  stopped ??= starting.then(
    () => stack.disposeAsync(),
    () => stack.disposeAsync(),
  );
  return stopped;
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stop().finally(() => process.exit(130)));

async function run(): Promise<boolean> {
  const servers = await starting;
  await warmUp(servers);
  const [mib, largeMib] = [Number(values.mib), Number(values['large-mib'])];
  const small = report(await transfers(servers, mib, Number(values.rounds), 2), servers, mib);
  const large = report(
    await transfers(servers, largeMib, Number(values['large-rounds']), 0),
    servers,
    largeMib,
  );
  const equal = (await bytesEqual(servers, mib)) && (await bytesEqual(servers, largeMib));
  console.log(`\nbytes equal: ${equal}`);
  const slow = !alone && small.ratios.some((r) => !(r >= LEAST_RATIO));
  return equal && !slow && large.growthMiB <= MOST_GROWTH_MIB;
}

try {
  if (!(await run())) {
    console.error(
      `Over budget: bytes equal, at least ${LEAST_RATIO} times as fast at ${values.mib} MiB, and at most ${MOST_GROWTH_MIB} MiB of growth at ${values['large-mib']} MiB are wanted`,
    );
    process.exitCode = 1;
  }
} finally {
  await stop();
}
