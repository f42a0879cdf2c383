// Question: what do assignment, a canary, a shadow, guardrails, evidence before the reply and metrics cost beside a server
// that does nothing but serve the same model (grpc-js + onnxruntime-node)? Budget: everything on takes at most 1.15 times its
// CPU per request at batch 1, 8 and 64, each feature alone at most 10 % more than the same server without any; at least 3
// times the throughput of hand-written Python (grpc.aio + ONNX Runtime).
//   npm run bench:serving [-- --rounds 5 --box 3000 --batches 1,8,64 --connections 4 --open 1000 --python --features --out f.json]
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Generator, type Load, measure, type Rounds, ratio } from './serving/measure.ts';
import { FEATURES } from './serving/plan.ts';
import { type Budget, features, type Line, loads } from './serving/report.ts';
import { alone, bare, everything, naive, python, type Side, type StartSide } from './serving/sides.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: 'string', default: '5' },
    box: { type: 'string', default: '3000' },
    batches: { type: 'string', default: '1,8,64' },
    connections: { type: 'string', default: '4' },
    'in-flight': { type: 'string', default: '32' },
    open: { type: 'string', default: '1000' },
    python: { type: 'boolean', default: true },
    features: { type: 'boolean', default: true },
    out: { type: 'string' },
  },
});
const whole = (text: string, name: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be whole numbers of at least 1`);
  return value;
};
const number = (name: 'rounds' | 'box' | 'connections' | 'in-flight' | 'open'): number =>
  whole(values[name], name);
const BATCHES = values.batches.split(',').map((text) => whole(text, 'batches'));
const BUDGET = { everything: 1.15, feature: 1.1, python: 3 } as const;

const stack = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stack.disposeAsync().finally(() => process.exit(130)));

const startAll = async (starts: readonly StartSide[]): Promise<readonly Side[]> => {
  const sides: Side[] = [];
  for (const start of starts) sides.push(await start(stack));
  return sides;
};

const budget = (text: string, value: number, limit: number, most: boolean): Budget => ({
  ...{ text, value, limit },
  missed: !(most ? value <= limit : value >= limit),
});

interface Found {
  readonly lines: readonly Line[];
  readonly features: Rounds | undefined;
  readonly budgets: readonly Budget[];
}

async function run(): Promise<Found> {
  await using _ = stack;
  const generator = stack.use(new Generator(number('connections')));
  const box = { rounds: number('rounds'), box: number('box') };
  const against = await startAll([naive, everything, ...(values.python ? [python] : [])]);
  const lines: Line[] = [];
  const budgets: Budget[] = [];
  const closed: Load = { kind: 'closed', inFlight: number('in-flight') };
  for (const rows of BATCHES) {
    const rounds = await measure(generator, against, { rows, load: closed, ...box });
    lines.push({ rows, load: `${closed.inFlight} in flight`, rounds });
    budgets.push(
      budget(
        `batch ${rows}: CPU of everything ÷ naive`,
        ratio(rounds, 'everything', 'naive', 'wholeCpuUs'),
        BUDGET.everything,
        true,
      ),
    );
    if (values.python)
      budgets.push(
        budget(
          `batch ${rows}: throughput of everything ÷ Python`,
          ratio(rounds, 'everything', 'python', 'perSecond'),
          BUDGET.python,
          false,
        ),
      );
    console.error(`  batch ${rows}`);
  }
  const open: Load = { kind: 'open', perSecond: number('open') };
  const rounds = await measure(generator, against.slice(0, 2), { rows: 1, load: open, ...box });
  lines.push({ rows: 1, load: `${open.perSecond}/s, open`, rounds });
  if (!values.features) return { lines, budgets, features: undefined };
  const one = await startAll([bare, ...FEATURES.map(alone)]);
  const costs = await measure(generator, one, { rows: 1, load: closed, ...box });
  for (const side of one.slice(1))
    budgets.push(
      budget(`${side.name} ÷ bare, CPU`, ratio(costs, side.name, 'bare', 'wholeCpuUs'), BUDGET.feature, true),
    );
  return { lines, budgets, features: costs };
}

const found = await run();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)}`;
console.log(`${new Date().toISOString().slice(0, 10)}, ${machine}\n\n${loads(found.lines)}`);
if (found.features !== undefined) console.log(`\n${features(found.features)}`);
console.log('');
for (const { text, value, limit, missed } of found.budgets)
  console.log(`${missed ? 'MISSED' : 'ok'}: ${text}: ${value.toFixed(2)} (budget ${limit})`);
if (values.out !== undefined) {
  const lines = found.lines.map((line) => ({ ...line, rounds: Object.fromEntries(line.rounds) }));
  const costs = found.features && Object.fromEntries(found.features);
  const all = { at: new Date().toISOString(), machine, lines, features: costs, budgets: found.budgets };
  writeFileSync(values.out, `${JSON.stringify(all, null, 1)}\n`);
}
process.exitCode = found.budgets.some((b) => b.missed) ? 1 : 0;
