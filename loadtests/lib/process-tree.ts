import { readdirSync, readFileSync } from 'node:fs';

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // ended, or another user's
  }
};

/** Parent of every process (proc(5): the command's name, in brackets, may hold spaces). */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    const fields = read(`/proc/${name}/stat`)?.split(') ').at(-1)?.split(' ');
    if (fields?.[1] !== undefined) found.set(Number(name), Number(fields[1]));
  }
  return found;
}

/** The roots and everything that they started. */
export function processTree(roots: readonly number[]): readonly number[] {
  const parentOf = parents();
  const tree = new Set(roots);
  for (let before = -1; before !== tree.size; ) {
    before = tree.size;
    for (const [pid, parent] of parentOf) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

/** MiB of memory that a process tree holds; shared pages are counted once (proportional set size). Linux only. */
export function memoryMiB(roots: readonly number[]): number {
  const kib = processTree(roots).map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0),
  );
  return kib.reduce((a, b) => a + b, 0) / 1024;
}

/** Processes whose command line holds the text: PostgreSQL names the database of each connection there. */
export const processesWith = (text: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && (read(`/proc/${name}/cmdline`) ?? '').includes(text))
    .map(Number);

/** Processor seconds, user and system, that the living processes of a tree have used. Linux only, at 100 ticks a second. */
export function cpuSeconds(roots: readonly number[]): number {
  const ticks = processTree(roots).map((pid) => {
    const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return ticks.reduce((a, b) => a + b, 0) / 100;
}

/** Processor µs that the living threads of a tree have used, in the scheduler's own nanoseconds (proc(5): schedstat). Linux only. */
export function cpuMicros(roots: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of processTree(roots))
    for (const task of readdirSync(`/proc/${pid}/task`))
      nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`)?.split(' ')[0] ?? 0);
  return nanoseconds / 1000;
}
