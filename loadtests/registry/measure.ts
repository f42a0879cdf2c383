import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from './scenarios.ts';
import type { Target } from './targets.ts';

/** What one target took, per operation: wall milliseconds in each round, pairing up by index, and CPU over all rounds. */
export interface Taken {
  readonly ms: number[];
  cpuMs: number;
  operations: number;
}
export type Rounds = ReadonlyMap<string, Taken>;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
};

/** The real server's supervisor kills workers that a busy machine keeps from answering it; what was lost is measured anew. */
async function again<T>(what: string, work: () => Promise<T>, left = 3): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (left === 0) throw error;
    console.error(`  ${what}: ${String(error)}; once more`);
    await delay(2_000);
    return again(what, work, left - 1);
  }
}

let operations = 0;

/** Repeats for `boxMs`, at least `clients` times; wall time per operation, so more clients make it shorter. */
async function block(
  { clients, operation }: Scenario,
  target: Target,
  boxMs: number,
): Promise<{ ms: number; cpuMs: number; operations: number }> {
  const cpuBefore = target.cpuMs();
  const start = performance.now();
  let done = 0;
  const loop = async () => {
    do {
      await operation(target.client, ++operations);
      done += 1;
    } while (performance.now() - start < boxMs);
  };
  await Promise.all(Array.from({ length: clients }, loop));
  const ms = (performance.now() - start) / done;
  return { ms, cpuMs: target.cpuMs() - cpuBefore, operations: done };
}

/**
 * Interleaved: in each round every target in turn, in an order that rotates, so that other work on the machine and slow
 * drifts meet all of them alike; the first round warms up and is not kept.
 */
export async function measure(
  scenario: Scenario,
  targets: readonly Target[],
  rounds: number,
  boxMs: number,
): Promise<Rounds> {
  const kept = new Map(targets.map((t) => [t.client.name, { ms: [], cpuMs: 0, operations: 0 } as Taken]));
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(i + round) % targets.length];
      if (target === undefined) continue;
      const made = await again(scenario.name, () => block(scenario, target, boxMs));
      const taken = kept.get(target.client.name);
      if (round === 0 || taken === undefined) continue;
      taken.ms.push(made.ms);
      taken.cpuMs += made.cpuMs;
      taken.operations += made.operations;
    }
  }
  return kept;
}

/** Median over rounds of how often `ours` fits into `theirs`. */
export const ratio = (rounds: Rounds, theirs: string, ours: string): number => {
  const mine = rounds.get(ours)?.ms ?? [];
  return median((rounds.get(theirs)?.ms ?? []).map((ms, i) => ms / (mine[i] ?? Number.NaN)));
};

/** CPU that one operation costs, in ms; unlike wall time, other work on the machine hardly changes it. */
export const cpuCost = (rounds: Rounds, name: string): number => {
  const { cpuMs = Number.NaN, operations = 1 } = rounds.get(name) ?? {};
  return cpuMs / operations;
};

/** Answers must be equal before speed means anything; throws with the first difference. */
export async function compareAnswers(
  { name, same, operation }: Scenario,
  targets: readonly Target[],
): Promise<number> {
  if (same === undefined) return 0;
  const answers: { target: string; answer: unknown }[] = [];
  for (const { client } of targets)
    answers.push({ target: client.name, answer: same(await again(name, () => operation(client, 0))) });
  const [first, ...others] = answers;
  const text = JSON.stringify(first?.answer);
  for (const other of others) {
    const otherText = JSON.stringify(other.answer);
    if (otherText === text) continue;
    const at = [...text].findIndex((c, i) => c !== otherText[i]);
    throw new Error(
      `"${name}": ${first?.target} and ${other.target} answer differently at character ${at}: ${text.slice(at, at + 80)} / ${otherText.slice(at, at + 80)}`,
    );
  }
  return Array.isArray(first?.answer) ? first.answer.length : 1;
}
