import { METHODS } from './contract/methods.ts';
import { type Refusal, refuse } from './contract/refusal.ts';
import { isObject } from './contract/shape.ts';
import { explain } from './explain/explain.ts';
import { readTooEarly } from './explain/planned-units.ts';

const VERSION = 1;

/**
 * Answers one request line of `assay stats` with one reply line: `{"id"?, "ok": true, "result"}` or
 * `{"id"?, "ok": false, "error": {code, field, value, message, remedy}}`. The same line gives the same bytes. A result carries
 * its `explanation` beside its numbers.
 */
export function answer(line: string): string {
  const request = parse(line);
  if (request === null) {
    const error = refuse(
      'bad-json',
      '',
      null,
      'it is not a JSON object',
      'Send one JSON object a line: {"method": "srm", "version": 1, …}',
    );
    return JSON.stringify({ ok: false, error });
  }
  const id = typeof request.id === 'string' ? { id: request.id } : {};
  const outcome = dispatch(request);
  return 'result' in outcome
    ? JSON.stringify({ ...id, ok: true, result: outcome.result })
    : JSON.stringify({ ...id, ok: false, error: outcome.refusal });
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function dispatch(request: Record<string, unknown>): { refusal: Refusal } | { result: object } {
  const name = request.method;
  const method = typeof name === 'string' ? METHODS.get(name) : undefined;
  if (method === undefined) {
    const remedy = `Give one of: ${[...METHODS.keys()].join(', ')}`;
    return { refusal: refuse('unknown-method', 'method', name, 'there is no such method', remedy) };
  }
  const version = request.version;
  if (version !== VERSION)
    return {
      refusal: refuse(
        'unsupported-version',
        'version',
        version,
        `only version ${VERSION} is spoken`,
        `Give "version": ${VERSION}`,
      ),
    };
  const outcome = method.answer(request);
  if ('refusal' in outcome) return outcome;
  const early = readTooEarly(method.name, request);
  if (early) return { refusal: early };
  const explanation = explain(method.name, { ...outcome.result }, request);
  return { result: { ...outcome.result, explanation } };
}
