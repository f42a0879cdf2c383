// Question: how fast is a look at an experiment, from Parquet to verdicts, beside tea-tasting on DuckDB and plain DuckDB SQL?
// Budget: first look at most 1.05 times the faster of the two, at most 600 MiB; a later look after 1 % new data (late and
// corrected outcomes among them) at most 10 % of a full one and equal to it bit for bit; effects as tea-tasting's. Then
// `assay stats`: cold start 0.3 s, 10,000 small requests a second; 500 donors × 300 periods with all placebos 10 s.
//   npm run bench:stats [-- --units 5000000 --rounds 3 --looks --dir FOLDER --out bench.json]
//   npm run bench:stats -- --large     100 million exposures by our engine alone: linear, at most 1 GiB
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Database } from '@assay/adapters/duckdb/database';
import { type Found, ourLook, rawLook, type Took, teaTastingLook } from './stats/contestants.ts';
import { generate, type Slice } from './stats/generate.ts';
import { coldStartMs, placebosMs, requestsPerSecond } from './stats/lab.ts';

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '5000000' },
    rounds: { type: 'string', default: '3' },
    dir: { type: 'string' },
    looks: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const whole = (name: 'units' | 'rounds'): number => {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number of at least 1`);
  return value;
};

interface Line {
  readonly what: string;
  readonly found: string;
  readonly budget: string;
  readonly kept: boolean;
}
const lines: Line[] = [];
const told = (what: string, found: string, budget = '', kept = true): void => {
  lines.push({ what, found, budget, kept });
  console.error(`  ${kept ? ' ' : 'MISSED '}${what}: ${found}${budget && ` (${budget})`}`);
};
const show = (t: Took): string =>
  `${(t.ms / 1000).toFixed(2)} s, ${(t.cpuMs / 1000).toFixed(2)} s of CPU, ${t.peakMiB.toFixed(0)} MiB`;
const middle = <T extends Took>(all: readonly T[]): T =>
  [...all].sort((a, b) => a.ms - b.ms)[all.length >> 1] as T;

const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'assay-stats-'));
mkdirSync(dir, { recursive: true });

async function make(slice: Slice): Promise<void> {
  await using database = await Database.open({
    threads: 2,
    memoryLimit: '2GB',
    spillDir: join(dir, 'spill'),
  });
  await generate(database, join(dir, 'data'), slice);
}

const base = (units: number): Slice => ({ name: 'base', seed: 1, from: 0, to: units, late: 0, corrected: 0 });

/** 1 % new outcomes: 7 of 10 of new units, 2 late and 1 corrected of old ones, whichever they are. */
const onePercent = (units: number, round: number): Slice => ({
  name: `new-${round}`,
  seed: 1 + round,
  from: units + Math.round((round - 1) * units * 0.007),
  to: units + Math.round(round * units * 0.007),
  late: Math.round(units * 0.002),
  corrected: Math.round(units * 0.001),
});

/** Largest difference, in half-widths of the interval. */
function difference(a: Found, b: Found): number {
  return Math.max(
    ...a.effects.flatMap(([estimate, lower, upper], i) => {
      const other = b.effects[i] ?? [Number.NaN, Number.NaN, Number.NaN];
      const half = (upper - lower) / 2;
      return [estimate, lower, upper].map((x, k) => Math.abs(x - (other[k] ?? Number.NaN)) / half);
    }),
  );
}

async function firstLooks(state: string, rounds: number): Promise<Took> {
  const [ours, raw, tea]: [Found[], Took[], Found[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    rmSync(state, { recursive: true, force: true });
    ours.push(await ourLook(join(dir, 'data'), state, '256MB'));
    raw.push(await rawLook(join(dir, 'data')));
    tea.push(await teaTastingLook(join(dir, 'data')));
  }
  const [o, r, t] = [middle(ours), middle(raw), middle(tea)];
  told('plain SQL, partition by partition', show(r));
  told('tea-tasting', show(t));
  const ratio = o.ms / Math.min(r.ms, t.ms);
  const ofCpu = o.cpuMs / Math.min(r.cpuMs, t.cpuMs);
  told(
    'first look',
    `${show(o)}: ${ratio.toFixed(2)} of the faster's time, ${ofCpu.toFixed(2)} of the lesser CPU`,
    '≤ 1.05',
    ratio <= 1.05,
  );
  told('its memory', `${o.peakMiB.toFixed(0)} MiB`, '≤ 600', o.peakMiB <= 600);
  const off = difference(o, t);
  told(
    'effects and intervals from tea-tasting’s',
    `${off.toExponential(1)} half-widths`,
    '≤ 1e-9',
    off <= 1e-9,
  );
  return o;
}

async function laterLooks(state: string, units: number, rounds: number): Promise<void> {
  const shares: Pick<Took, 'ms' | 'cpuMs'>[] = [];
  for (let round = 1; round <= rounds; round++) {
    await make(onePercent(units, round));
    const later = await ourLook(join(dir, 'data'), state, '256MB');
    const other = join(dir, 'state-of-all');
    rmSync(other, { recursive: true, force: true });
    const full = await ourLook(join(dir, 'data'), other, '256MB');
    rmSync(other, { recursive: true, force: true });
    const isSame = later.read === 'new' && full.read === 'all' && later.bits === full.bits;
    told(`later look ${round}`, `${show(later)}; all again ${show(full)}`);
    told('equal to all again', isSame ? 'bit for bit' : 'NO', 'bit for bit', isSame);
    shares.push({ ms: later.ms / full.ms, cpuMs: later.cpuMs / full.cpuMs });
  }
  const { ms, cpuMs } = [...shares].sort((a, b) => a.ms - b.ms)[shares.length >> 1] ?? {
    ms: Number.NaN,
    cpuMs: Number.NaN,
  };
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  told(
    'later look of a full one',
    `${percent(ms)} of its time, ${percent(cpuMs)} of its CPU`,
    '≤ 10 %',
    ms <= 0.1,
  );
}

function laboratory(): void {
  const start = coldStartMs();
  told('assay stats, cold start', `${start.toFixed(0)} ms`, '≤ 300', start <= 300);
  const rate = requestsPerSecond(start);
  told('assay stats, small requests', `${rate.toFixed(0)} a second`, '≥ 10,000', rate >= 10_000);
  for (const noise of [1, 100]) {
    const ms = placebosMs(noise);
    told(`500 placebos, noise ${noise}`, `${(ms / 1000).toFixed(1)} s`, '≤ 10', ms <= 10_000);
  }
}

/** With --dir the first slice is kept for the next run; what came on top of it goes. */
async function makeBase(units: number): Promise<void> {
  const data = join(dir, 'data');
  const names = existsSync(data) ? readdirSync(data, { recursive: true, encoding: 'utf8' }) : [];
  for (const name of names) if (/new-\d+\.(json|parquet)$/.test(name)) rmSync(join(data, name));
  const sizes = join(dir, 'units');
  if (existsSync(sizes) && readFileSync(sizes, 'utf8') === String(units)) return;
  rmSync(data, { recursive: true, force: true });
  await make(base(units));
  writeFileSync(sizes, String(units));
}

async function small(): Promise<void> {
  const units = whole('units');
  await makeBase(units);
  if (!values.looks) laboratory();
  console.error(`${2 * units} exposures of ${units} units are written`);
  const state = join(dir, 'state');
  await firstLooks(state, whole('rounds'));
  await laterLooks(state, units, whole('rounds'));
}

/** A tenth of the data beside all of it. */
async function large(): Promise<void> {
  const found: Took[] = [];
  for (const units of [5_000_000, 50_000_000]) {
    rmSync(join(dir, 'data'), { recursive: true, force: true });
    await make(base(units));
    console.error(`${2 * units} exposures are written`);
    rmSync(join(dir, 'state'), { recursive: true, force: true });
    const took = await ourLook(join(dir, 'data'), join(dir, 'state'), '640MB');
    told(`${2 * units} exposures`, show(took), '≤ 1024 MiB', took.peakMiB <= 1024);
    found.push(took);
  }
  const ratio = (found[1]?.ms ?? Number.NaN) / (found[0]?.ms ?? Number.NaN);
  told('ten times the data', `${ratio.toFixed(1)} times the time`, '≤ 12', ratio <= 12);
}

try {
  await (values.large ? large() : small());
} finally {
  if (values.dir === undefined) rmSync(dir, { recursive: true, force: true });
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`;
console.log(machine);
for (const { what, found, budget, kept } of lines)
  console.log(`| ${what} | ${found} | ${budget} | ${kept ? '' : 'missed'} |`);
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ at: new Date().toISOString(), machine, lines }, null, 1)}\n`);
process.exitCode = lines.every((line) => line.kept) ? 0 : 1;
