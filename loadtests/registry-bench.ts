// Question: how much faster is our registry than the real `mlflow server` (4 workers; on PostgreSQL and on SQLite), and
// does it stay flat as it fills? Budget: 10 times as fast in every scenario against each; `--large`: no read more than
// twice as slow over 100,000 runs and a 1,000,000-point history as over 10,000 and 10,000.
//   npm run bench:registry [-- --runs 10000 --versions 2000 --history 10000 --rounds 5 --box-ms 600 --out bench.json]
//   npm run bench:registry -- --large
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { load } from './registry/load.ts';
import { compareAnswers, measure, ratio } from './registry/measure.ts';
import { type Line, print } from './registry/report.ts';
import { DEEP, READS, type Scenario, type Sizes, WRITES } from './registry/scenarios.ts';
import { startAll, startPair, type Target } from './registry/targets.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    versions: { type: 'string', default: '2000' },
    history: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    'box-ms': { type: 'string', default: '600' },
    only: { type: 'string', default: '' },
    large: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const number = (name: 'runs' | 'versions' | 'history' | 'rounds' | 'box-ms'): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
};
const SIZES: Sizes = { runs: number('runs'), versions: number('versions'), history: number('history') };
const LARGE: Sizes = { runs: 100_000, versions: 20_000, history: 1_000_000 };
const TARGET = 10;
const FLAT = 2;

async function lines(
  scenarios: readonly Scenario[],
  targets: readonly Target[],
  judge: (rounds: Awaited<ReturnType<typeof measure>>) => { ratios: number[]; missed: boolean },
): Promise<Line[]> {
  const found: Line[] = [];
  for (const scenario of scenarios.filter((s) => s.name.includes(values.only))) {
    const rounds = await measure(scenario, targets, number('rounds'), number('box-ms'));
    found.push({ scenario, rounds, ...judge(rounds) });
    console.error(`  ${scenario.name}`);
  }
  return found;
}

/** Servers that were started here stop, whatever ends the run. */
const stack = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stack.disposeAsync().finally(() => process.exit(130)));

/** Ours against both real servers. */
async function against(): Promise<Line[]> {
  const targets = await startAll(stack);
  console.error('three servers answer');
  for (const target of targets) await load(target, SIZES);
  console.error('the same rows are in all of them');
  for (const scenario of READS) await compareAnswers(scenario, targets);
  return lines([...READS, ...WRITES], targets, (rounds) => {
    const ratios = ['mlflow-postgresql', 'mlflow-sqlite'].map((name) => ratio(rounds, name, 'assay'));
    return { ratios, missed: ratios.some((r) => !(r >= TARGET)) };
  });
}

/** Ours with little in it against ours with much. */
async function flat(): Promise<Line[]> {
  const [small, large] = await startPair(stack);
  await load(small, SIZES);
  await load(large, LARGE);
  console.error('both are loaded');
  return lines([...READS, ...DEEP, ...WRITES], [small, large], (rounds) => {
    const slower = ratio(rounds, 'large', 'small');
    return { ratios: [slower], missed: !(slower <= FLAT) };
  });
}

async function run(): Promise<Line[]> {
  await using _ = stack;
  return await (values.large ? flat() : against());
}

const found = await run();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`;
print(found, machine);
if (values.out !== undefined) {
  const json = found.map(({ scenario, rounds, ratios, missed }) => ({
    scenario: scenario.name,
    clients: scenario.clients,
    perOperation: Object.fromEntries(rounds),
    ratios,
    missed,
  }));
  const sizes = values.large ? { small: SIZES, large: LARGE } : SIZES;
  writeFileSync(
    values.out,
    `${JSON.stringify({ at: new Date().toISOString(), machine, sizes, lines: json }, null, 1)}\n`,
  );
}
process.exitCode = found.some((line) => line.missed) ? 1 : 0;
