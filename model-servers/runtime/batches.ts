import { setImmediate as turn } from 'node:timers/promises';
import type { Session } from './session.ts';

/** Whether rows of several requests may share a run, as measured when the model was loaded. */
export interface BatchRule {
  /**
   * Requests with at least this many rows answer the same, bit by bit, alone and in any batch of up to `mostRows`, so that a
   * replay may run them alone. 0: never together.
   */
  readonly leastRows: number;
  readonly mostRows: number;
  /** µs a row in a run of so many rows. */
  readonly curve: readonly { readonly rows: number; readonly usPerRow: number }[];
}

const CURVE = [1, 8, 32, 128, 512];
const MOST_LEAST_ROWS = 16;
/** A longer run would hold up the turn's other requests for more than it saves them. */
const LONGEST_US = 1_000;
/** A batch has to be cheaper than runs of their own by this share. */
const PAYS = 0.9;
const REPEATS = 5;

/** Sizes whose rows are compared: every one where kernels change their ways, then fewer. */
const SIZES = [
  ...Array.from({ length: 40 }, (_, i) => i + 1),
  ...[41, 45, 47, 48, 54, 63, 64, 65, 72, 81, 90, 96, 99, 127, 128, 129, 144, 191, 192, 193, 255, 256, 257],
  ...[288, 320, 383, 384, 447, 511, 512],
];

type Run = (rows: number, from?: number) => Float32Array;

/**
 * Looks at runs of up to 512 rows, one a turn of the event loop, so that loading delays nobody. `rest`: shape of a row. What does
 * not compute on this thread is timed by the clock.
 */
export async function batchRule(
  session: Session,
  rest: readonly number[],
  computesHere = true,
): Promise<BatchRule> {
  const width = rest.reduce((n, d) => n * d, 1);
  // Numbers that are all different; which ones is no matter: a kernel is chosen by the size
  const data = Float32Array.from({ length: 512 * width }, (_, i) => Math.sin(i * 0.7 + 1) * 2);
  const run: Run = (rows, from = 0) =>
    session.run(data.subarray(from * width, (from + rows) * width), [rows, ...rest]);
  const curve: { rows: number; usPerRow: number }[] = [];
  try {
    for (const rows of CURVE) {
      const us = await shortestUs(() => run(rows), computesHere ? threadCpuUs : clockUs);
      if (us > LONGEST_US) break;
      curve.push({ rows, usPerRow: us / rows });
    }
    const [one, last] = [curve[0], curve.at(-1)];
    const pays = one !== undefined && last !== undefined && last.usPerRow < one.usPerRow * PAYS;
    const leastRows = pays ? await leastInvariant(run, last.rows) : 0;
    return { leastRows, mostRows: leastRows === 0 ? 0 : (last?.rows ?? 0), curve };
  } catch {
    // It fails for some numbers: whose request would that be?
    return { leastRows: 0, mostRows: 0, curve };
  }
}

const clockUs = (): number => performance.now() * 1000;

async function shortestUs(run: () => void, nowUs: () => number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) {
    await turn();
    const started = nowUs();
    run();
    best = Math.min(best, nowUs() - started);
    if (best > 10 * LONGEST_US) break;
  }
  return best;
}

/**
 * Processor time of this thread: a busy machine stretches the clock's. The kernel brings a thread's own count up to date when it is
 * asked for the process's (Linux: thread_group_cputime).
 */
function threadCpuUs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Fewest rows from which on every size gives each row the same bits, wherever in the batch it stands; 0 when there is none. */
async function leastInvariant(run: Run, mostRows: number): Promise<number> {
  const all = bitsOf(run(mostRows));
  const width = all.length / mostRows;
  const isSame = (rows: number, from: number): boolean =>
    bitsOf(run(rows, from)).every((bits, i) => bits === all[from * width + i]);
  let differs = 0;
  for (const rows of SIZES.filter((n) => n <= mostRows)) {
    await turn();
    if (!isSame(rows, 0) || !isSame(rows, mostRows - rows)) differs = rows;
  }
  return differs < MOST_LEAST_ROWS ? differs + 1 : 0;
}

const bitsOf = (values: Float32Array): Int32Array =>
  new Int32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
