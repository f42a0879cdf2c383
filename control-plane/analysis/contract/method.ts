import type { Refusal } from './refusal.ts';
import { checkFields, type Fields, PHASES, type Read, readFields } from './shape.ts';

/** One method of the contract: how a request is read, what must hold between fields, and who answers. */
export interface Method {
  readonly name: string;
  answer(request: Record<string, unknown>): { refusal: Refusal } | { result: object };
}

export function method<F extends Fields>(
  name: string,
  fields: F,
  run: (request: Read<F>) => object,
  between: (request: Read<F>) => Refusal | null = () => null,
): Method {
  return {
    name,
    answer(request) {
      for (const phase of PHASES) {
        const found = checkFields(fields, phase, request);
        if (found) return { refusal: found };
      }
      const read = readFields(fields, request);
      const found = between(read);
      return found ? { refusal: found } : { result: run(read) };
    },
  };
}
