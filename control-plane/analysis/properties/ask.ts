import { answer } from '../answer.ts';

/** A reply's result by field. */
export type Result = Readonly<Record<string, unknown>>;

/** Asked through the contract's door, as every caller does; a refusal is an error here. */
export function ask(method: string, request: object): Result {
  const reply = JSON.parse(answer(JSON.stringify({ method, version: 1, ...request }))) as {
    result?: Result;
    error?: object;
  };
  if (reply.result === undefined) throw new Error(`${method} refused: ${JSON.stringify(reply.error)}`);
  return reply.result;
}

export const RUNS = { numRuns: 25, seed: 20261126 };

/** What two numbers differ by beyond rounding at the data's scale, or null; others must be equal. */
export function apart(got: unknown, wanted: unknown, scale: number): string | null {
  if (typeof wanted !== 'number' || typeof got !== 'number')
    return Object.is(got, wanted) ? null : `${String(got)}, not ${String(wanted)}`;
  const room = 1e-7 * Math.max(1, scale, Math.abs(wanted));
  return Math.abs(got - wanted) <= room ? null : `${got}, not ${wanted}`;
}
