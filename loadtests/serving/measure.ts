import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from '../registry/measure.ts';
import { type Expected, expectedOf } from './expected.ts';
import { requests } from './frames.ts';
import type { Command, Loaded } from './generator.ts';
import { CANDIDATE, CHAMPION } from './plan.ts';
import type { Side } from './sides.ts';

/** One round of one side. */
export interface Taken {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly answered: number;
  /** CPU µs an answer over all rounds, with what a server does between them: evidence is sealed later. The same in every round. */
  readonly wholeCpuUs: number;
}

export type Load =
  | { readonly kind: 'closed'; readonly inFlight: number }
  | { readonly kind: 'open'; readonly perSecond: number };

export const REQUESTS = 512;
const WARM_UP = 4;

/** The load generator's process, and what answers must be. */
export class Generator implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #expected = new Map<number, readonly [readonly Expected[], readonly Expected[]]>();
  readonly #connections: number;

  constructor(connections: number) {
    this.#connections = connections;
    this.#child = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
    });
  }

  async #answers(side: Side, rows: number): Promise<readonly (readonly string[])[]> {
    let known = this.#expected.get(rows);
    if (known === undefined) {
      const messages = requests(REQUESTS, rows);
      known = [await expectedOf(CHAMPION, messages), await expectedOf(CANDIDATE, messages)];
      this.#expected.set(rows, known);
    }
    const key = side.features.includes('guardrails') ? 'capped' : 'free';
    const [champion, candidate] = known;
    return champion.map((e, i) =>
      side.features.includes('canary') ? [e[key], candidate[i]?.[key] ?? ''] : [e[key]],
    );
  }

  /** Throws when any answer was wrong or missing. */
  async run(side: Side, rows: number, load: Load, count: number): Promise<Omit<Taken, 'wholeCpuUs'>> {
    const command: Command = {
      address: side.address,
      rows,
      requests: count,
      connections: this.#connections,
      expected: await this.#answers(side, rows),
      ...(load.kind === 'closed' ? { inFlight: load.inFlight } : { perSecond: load.perSecond }),
    };
    const cpuBefore = side.cpuUs();
    const reply = once(this.#child, 'message');
    this.#child.send(command);
    const [loaded] = (await reply) as [Loaded | { failed: string }];
    const cpuUs = side.cpuUs() - cpuBefore;
    if ('failed' in loaded) throw new Error(`load on ${side.name} failed: ${loaded.failed}`);
    if (loaded.wrong > 0)
      throw new Error(
        `${side.name}: ${loaded.wrong} of ${loaded.answered} answers wrong: ${loaded.firstWrong}`,
      );
    const at = (q: number): number => loaded.latencyUs[Math.floor(q * loaded.answered)] ?? Number.NaN;
    return {
      cpuUs: cpuUs / loaded.answered,
      perSecond: loaded.answered / loaded.seconds,
      ...{ p50Us: at(0.5), p99Us: at(0.99), p999Us: at(0.999) },
      answered: loaded.answered,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

export type Rounds = ReadonlyMap<string, readonly Taken[]>;

export interface Measuring {
  readonly rows: number;
  readonly load: Load;
  readonly rounds: number;
  /** Requests a box. */
  readonly box: number;
}

const settled = (sides: readonly Side[]): Promise<unknown> => Promise.all(sides.map((s) => s.settled()));

/** In each round every side in turn, in an order that rotates; the first round, a longer one, warms up (V8 compiles what is hot after thousands of calls) and is not kept. */
export async function measure(
  generator: Generator,
  sides: readonly Side[],
  { rows, load, rounds, box }: Measuring,
): Promise<Rounds> {
  const kept = new Map<string, Omit<Taken, 'wholeCpuUs'>[]>(sides.map((s) => [s.name, []]));
  let before = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    if (round === 1) await settled(sides);
    if (round === 1) before = new Map(sides.map((s) => [s.name, s.cpuUs()]));
    for (let i = 0; i < sides.length; i++) {
      const side = sides[(i + round) % sides.length] as Side;
      const taken = await generator.run(side, rows, load, round === 0 ? WARM_UP * box : box);
      if (round > 0) kept.get(side.name)?.push(taken);
    }
  }
  await settled(sides);
  return new Map(
    sides.map((side) => {
      const all = kept.get(side.name) ?? [];
      const answered = all.reduce((n, t) => n + t.answered, 0);
      const wholeCpuUs = (side.cpuUs() - (before.get(side.name) ?? 0)) / answered;
      return [side.name, all.map((t) => ({ ...t, wholeCpuUs }))];
    }),
  );
}

export type Measure = keyof Taken;

export const middle = (rounds: Rounds, side: string, key: Measure): number =>
  median((rounds.get(side) ?? []).map((t) => t[key]));

/** Median of the ratios of rounds. */
export const ratio = (rounds: Rounds, of: string, to: string, key: Measure): number => {
  const base = rounds.get(to) ?? [];
  return median((rounds.get(of) ?? []).map((t, i) => t[key] / (base[i]?.[key] ?? Number.NaN)));
};
