import { invalid } from './faults.ts';
import { type Input, int64, optionalText, records, type Tag, text } from './input.ts';

/** Readers for entities as another server answered them; unlike a client's own requests they come in whole objects. */
export const part = (input: Input, name: string): Input => {
  const value = input[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`Invalid value for parameter '${name}': an object is required`);
  return value as Input;
};

/** int64 milliseconds as text; absent is 0, as MLflow has it. */
export const time = (input: Input, name: string): string => String(int64(input, name) ?? 0n);

/** Params and tags with whatever keys the source let through. */
export const pairs = (input: Input, name: string): Tag[] =>
  records(input, name).map((p) => ({
    key: text(p, 'key', 250),
    value: optionalText(p, 'value', 100_000) ?? '',
  }));
