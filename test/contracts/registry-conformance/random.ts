/** Seeded generator (mulberry32): the same queries on every run and machine. */
export interface Random {
  readonly below: (n: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly chance: (p: number) => boolean;
}

export function random(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    chance: (p) => next() < p,
  };
}

/** Runs work on all items, a few at a time: a server answers several callers at once. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T, i: number) => Promise<unknown>,
  width = 6,
) {
  const entries = items.entries();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const [i, item] of entries) await work(item, i);
    }),
  );
}

/** Waits for the next millisecond, so that what is created next has a creation time of its own. */
export async function tick(): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await new Promise(setImmediate);
}
