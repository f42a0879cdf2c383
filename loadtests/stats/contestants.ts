import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { lockedPython } from '../../test/plane/locked-python.ts';
import { perUnitSql } from './per-unit-sql.ts';
import { SET } from './world.ts';

export interface Took {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

export interface Found extends Took {
  /** By metric: estimate, lower and upper end at 95 %. */
  readonly effects: readonly (readonly [number, number, number])[];
}

export interface OurLook extends Found {
  readonly read: 'all' | 'new';
  readonly segments: number;
  /** Every sum, as text. */
  readonly bits: string;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A process of its own each, so that peaks of memory are its own too. */
async function child(file: string, args: readonly string[], input = ''): Promise<unknown> {
  const process_ = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  process_.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString();
  });
  process_.stdin.end(input);
  const [code] = (await once(process_, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return JSON.parse(out);
}

export const ourLook = async (data: string, state: string, memory: string): Promise<OurLook> =>
  (await child(process.execPath, [script('our-look.ts'), data, state, memory])) as OurLook;

export const rawLook = async (data: string): Promise<Took> =>
  (await child(process.execPath, [script('raw-look.ts'), data])) as Took;

export async function teaTastingLook(data: string): Promise<Found> {
  const python = await lockedPython('tea-tasting', script('tea-tasting.lock.txt'));
  const asked = { sql: perUnitSql(data, '*'), metrics: SET.metrics, threads: 2 };
  return (await child(python, [script('tea_tasting_look.py')], JSON.stringify(asked))) as Found;
}
