import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, literal } from '@assay/adapters/duckdb/database';
import { type Look, metricLook } from '@assay/adapters/duckdb/metric-look/metric-look';
import { stateName } from '@assay/adapters/duckdb/metric-look/unit-state';
import { metricVerdicts } from '@assay/analysis/metric-verdicts';
import type { ArmMoments } from '@assay/domain/exact-moments';
import { columnPairs, type MetricSet } from '@assay/domain/metric-set';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate, type Slice, seal } from '../../loadtests/stats/generate.ts';
import { SET } from '../../loadtests/stats/world.ts';
import { assay } from '../plane/assay.ts';
import { until } from '../plane/until.ts';

// Looks at generated evidence: the sums against plain loops over the rows, a later look against one at everything

const root = mkdtempSync(join(tmpdir(), 'assay-metric-look-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const memory = { threads: 1, memoryLimit: '1GB', spillDir: join(root, 'spill') };
const UNITS = 4_000;
const base: Slice = { name: 'base', seed: 1, from: 0, to: UNITS, late: 0, corrected: 0 };
const late: Slice = { name: 'late', seed: 2, from: UNITS, to: UNITS + 60, late: 50, corrected: 40 };
const again: Slice = { name: 'again', seed: 3, from: UNITS + 60, to: UNITS + 90, late: 30, corrected: 70 };

const more: Slice = { name: 'more', seed: 4, from: UNITS + 90, to: UNITS + 120, late: 30, corrected: 20 };

const data = (name: string): string => join(root, name);
const state = (name: string): string => join(root, `${name}-state`);
const text = (moments: ArmMoments): string =>
  JSON.stringify(moments, (_, v) => (typeof v === 'bigint' ? v.toString() : v));

async function written(name: string, slices: readonly Slice[]): Promise<string> {
  await using database = await Database.open(memory);
  for (const slice of slices) await generate(database, data(name), slice, 2);
  return data(name);
}

const look = (dataDir: string, stateDir: string, set: MetricSet = SET): Promise<Look> =>
  metricLook({ dataDir, stateDir, set, threads: 1 });

beforeAll(async () => {
  await written('all', [base, late, again]);
});

interface OutcomeRow {
  readonly unit: bigint;
  readonly id: bigint;
  readonly revision: number;
  readonly values: readonly bigint[];
}

/** By loops over rows: the newest revision of each outcome, added up by unit, then over the units of one arm. */
async function byLoops(dir: string): Promise<ArmMoments> {
  await using database = await Database.open(memory);
  const exposures = await database.rows(`SELECT unit, arm FROM read_parquet('${dir}/exposures/*/*.parquet')`);
  const columns = SET.columns.map((c) => c.name).join(', ');
  const outcomes = await database.rows(
    `SELECT unit, id, revision, [${columns}]::DOUBLE[] AS v FROM read_parquet('${dir}/outcomes/*/*.parquet')`,
  );
  const newest = new Map<bigint, OutcomeRow>();
  for (const row of outcomes as unknown as (Omit<OutcomeRow, 'values'> & { v: number[] })[]) {
    const values = row.v.map((x, i) => BigInt(Math.round(x * 10 ** (SET.columns[i]?.decimals ?? 0))));
    if ((newest.get(row.id)?.revision ?? 0) < row.revision) newest.set(row.id, { ...row, values });
  }
  const perUnit = new Map<bigint, bigint[]>();
  for (const { unit, values } of newest.values()) {
    const sum = perUnit.get(unit) ?? values.map(() => 0n);
    perUnit.set(
      unit,
      sum.map((s, i) => s + (values[i] ?? 0n)),
    );
  }
  const armsOf = new Map<bigint, Set<string>>();
  for (const { unit, arm } of exposures as unknown as { unit: bigint; arm: string }[])
    armsOf.set(unit, (armsOf.get(unit) ?? new Set()).add(arm));
  const total = (arm: string) => {
    const units = [...armsOf].filter(([, arms]) => arms.size === 1 && arms.has(arm)).map(([unit]) => unit);
    const rows = units.map((u) => perUnit.get(u) ?? SET.columns.map(() => 0n));
    const sum = (f: (row: bigint[]) => bigint): bigint => rows.reduce((s, row) => s + f(row), 0n);
    const at = (row: bigint[], i: number): bigint => row[i] ?? 0n;
    return {
      units: BigInt(units.length),
      sums: SET.columns.map((_, i) => sum((row) => at(row, i))),
      squares: SET.columns.map((_, i) => sum((row) => at(row, i) ** 2n)),
      products: columnPairs(SET).map(([a, b]) => sum((row) => at(row, a) * at(row, b))),
    };
  };
  const crossed = [...armsOf.values()].filter((arms) => arms.size > 1).length;
  return { arms: { control: total('control'), treatment: total('treatment') }, crossed: BigInt(crossed) };
}

test('a look finds what loops over the rows find: late, corrected and missing outcomes, units of two arms', async () => {
  const { moments, read } = await look(data('all'), state('loops'));
  expect(read).toBe('all');
  expect(moments.crossed).toBeGreaterThan(0n);
  expect(text(moments)).toBe(text(await byLoops(data('all'))));
});

test('partitions together or one after another: the same sums', async () => {
  const [dataDir, stateDir] = [data('all'), state('one-by-one')];
  const { moments } = await metricLook({ dataDir, stateDir, set: SET, threads: 1, rowsAtOnce: 1 });
  expect(text(moments)).toBe(text((await look(dataDir, state('together'))).moments));
});

describe('later looks', () => {
  test.for([
    { name: 'in the order of sealing', order: [base, late, again, more] },
    { name: 'with the late ones the other way round', order: [base, again, late, more] },
  ])('$name: equal to a look at everything, bit for bit', async ({ name, order }) => {
    const dir = `order ${name}`;
    const reads: string[] = [];
    let last: Look | undefined;
    for (const slice of order) {
      await written(dir, [slice]);
      last = await look(data(dir), state(dir));
      reads.push(last.read);
    }
    expect(reads).toEqual(['all', 'new', 'new', 'new']);
    const whole = await look(data(dir), state(`whole ${name}`));
    expect(text(last?.moments as ArmMoments)).toBe(text(whole.moments));
    expect(metricVerdicts(SET, last?.moments as ArmMoments, 'final')).toEqual(
      metricVerdicts(SET, whole.moments, 'final'),
    );
  });

  test('nothing new reads nothing, and says the same', async () => {
    const first = await look(data('all'), state('twice'));
    const second = await look(data('all'), state('twice'));
    expect(second).toEqual({ moments: first.moments, read: 'new', segments: 0 });
  });

  test('outcomes may come before their exposures', async () => {
    const dir = data('early');
    await written('early', [base]);
    cpSync(join(data('all'), 'outcomes'), join(dir, 'outcomes'), { recursive: true });
    await look(dir, state('early'));
    cpSync(join(data('all'), 'exposures'), join(dir, 'exposures'), { recursive: true });
    const found = await look(dir, state('early'));
    expect(found.read).toBe('new');
    expect(text(found.moments)).toBe(text((await look(data('all'), state('whole-early'))).moments));
  });

  test('another plan keeps its own sums; another threshold keeps the same', () => {
    const [column, ...rest] = SET.columns;
    const finer = { ...SET, columns: [{ name: column?.name ?? '', decimals: 3 }, ...rest] };
    expect(stateName(finer)).not.toBe(stateName(SET));
    expect(stateName({ ...SET, alpha: 0.01 })).toBe(stateName(SET));
  });
});

const segments = (dir: string, kind: string): string[] =>
  readdirSync(join(dir, kind), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('late.parquet'))
    .sort()
    .map((name) => join(dir, kind, name));

describe('what goes wrong', () => {
  test('a segment that erasure took away: everything is read again, and it is gone from the sums', async () => {
    const dir = await written('erased', [base, late]);
    await look(dir, state('erased'));
    for (const kind of ['exposures', 'outcomes'])
      for (const file of segments(dir, kind))
        for (const f of [file, file.replace('.parquet', '.json')]) rmSync(f);
    const found = await look(dir, state('erased'));
    expect(found.read).toBe('all');
    expect(text(found.moments)).toBe(
      text((await look(await written('base', [base]), state('base'))).moments),
    );
  });

  test('a segment that is not what its manifest says: refused by name, and the state stays as it was', async () => {
    const dir = await written('torn', [base]);
    const before = await look(dir, state('torn'));
    await written('torn', [late]);
    const [file = ''] = segments(dir, 'outcomes');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, -9));
    await expect(look(dir, state('torn'))).rejects.toMatchObject({
      code: 'EVIDENCE_UNREADABLE',
      message: expect.stringContaining('late.parquet'),
    });
    writeFileSync(file, bytes);
    const after = await look(dir, state('torn'));
    expect(after.read).toBe('new');
    expect(after.moments).not.toEqual(before.moments);
    expect(text(after.moments)).toBe(text((await look(dir, state('torn-whole'))).moments));
  });

  test('a state that cannot be read is made again; one that another process holds is not', async () => {
    const dir = data('all');
    const first = await look(dir, state('broken'));
    const file = join(state('broken'), stateName(SET));
    writeFileSync(file, 'no database');
    expect(await look(dir, state('broken'))).toEqual(first);
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLD, file], { stdio: 'pipe' });
    await once(holder.stdout, 'data');
    await expect(look(dir, state('broken'))).rejects.toMatchObject({
      code: 'EVIDENCE_UNREADABLE',
      message: expect.stringContaining('another look has it open'),
    });
    holder.kill('SIGKILL');
    await once(holder, 'close');
    expect((await look(dir, state('broken'))).read).toBe('new');
  });

  test('killed at any point, the next look finds the same', async () => {
    const dir = data('all');
    const whole = text((await look(dir, state('unkilled'))).moments);
    const script = join(import.meta.dirname, '../../loadtests/stats/our-look.ts');
    for (const bytes of [0, 500_000, 2_000_000]) {
      const kept = state(`killed-${bytes}`);
      const child = execFile(process.execPath, [script, dir, kept]);
      const ended = once(child, 'close');
      const file = join(kept, stateName(SET));
      const isThere = () => existsSync(file) && statSync(file).size >= bytes;
      await until('the state to grow', () => isThere() || child.exitCode !== null);
      child.kill('SIGKILL');
      await ended;
      expect(text((await look(dir, kept)).moments)).toBe(whole);
    }
  });
});

describe('assay evidence look', () => {
  const file = join(root, 'set.json');
  const args = (set: unknown, ...more: string[]): string[] => {
    writeFileSync(file, JSON.stringify(set));
    return ['evidence', 'look', data('all'), '--set', file, '--keep', state('command'), '--json', ...more];
  };

  test('prints the verdicts of the engine', async () => {
    const { code, stdout } = await assay(args(SET, '--final'));
    const { moments } = await look(data('all'), state('command'));
    const found = JSON.parse(stdout) as { verdicts: unknown; read: string; crossed: number };
    expect({ code, read: found.read, crossed: found.crossed }).toEqual({
      code: 0,
      read: 'all',
      crossed: Number(moments.crossed),
    });
    expect(found.verdicts).toEqual(JSON.parse(JSON.stringify(metricVerdicts(SET, moments, 'final'))));
  });

  test.for([
    { name: 'an unknown key', set: { ...SET, nosuch: 1 }, field: '' },
    { name: 'an alpha of 1', set: { ...SET, alpha: 1 }, field: 'alpha' },
    { name: 'a column that is not there', set: { ...SET, columns: [] }, field: 'metrics[0].value' },
  ])('refused: $name', async ({ set, field }) => {
    const { code, stdout } = await assay(args(set));
    const { error } = JSON.parse(stdout) as { error: { code: string; field: string } };
    expect({ code, error }).toMatchObject({ code: 1, error: { code: 'EXPERIMENT_INVALID', field } });
  });
});

const HOLD = `
  import { DuckDBInstance } from '@duckdb/node-api';
  const instance = await DuckDBInstance.create(process.argv[1]);
  console.log('held');
  setInterval(() => instance, 1000);`;

describe('numbers at the edge', () => {
  const one: MetricSet = {
    ...SET,
    columns: [{ name: 'y', decimals: 0 }],
    metrics: [{ name: 'y', better: 'higher', smallestEffect: 1, value: 'y' }],
  };

  /** One partition, units 1 and 2 in control. */
  async function written2(name: string, values: readonly string[]): Promise<string> {
    await using database = await Database.open(memory);
    const rows = values.map((v, i) => `(${i + 1}::BIGINT, ${v}::DOUBLE)`).join(', ');
    const from = `(VALUES ${rows}) v(unit, y)`;

    const [e, o] = [join(data(name), 'exposures/part=00'), join(data(name), 'outcomes/part=00')];
    await seal(database, e, 's', `SELECT unit, ${literal('control')} AS arm FROM ${from}`);
    await seal(database, o, 's', `SELECT unit, unit AS id, 1 AS revision, y FROM ${from}`);
    return data(name);
  }

  test('squares past 64 bits are exact too', async () => {
    const { moments } = await look(await written2('wide', ['4e15', '-3e15']), state('wide'), one);
    expect(moments.arms.control).toMatchObject({ sums: [10n ** 15n], squares: [25n * 10n ** 30n] });
  });

  test.for(["'NaN'", "'Infinity'", '1e30'])('%s is refused, not counted', async (value) => {
    const dir = await written2(`not ${value}`, ['1', value]);
    await expect(look(dir, state(`not ${value}`), one)).rejects.toMatchObject({
      code: 'EVIDENCE_UNREADABLE',
    });
  });

  test('an absent value adds nothing', async () => {
    const { moments } = await look(await written2('absent', ['5', 'NULL']), state('absent'), one);
    expect(moments.arms.control).toMatchObject({ units: 2n, sums: [5n], squares: [25n] });
  });
});
