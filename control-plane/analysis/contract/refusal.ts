export type RefusalCode =
  | 'bad-json'
  | 'unknown-method'
  | 'unsupported-version'
  | 'missing-field'
  | 'wrong-type'
  | 'not-finite'
  | 'out-of-range'
  | 'too-few'
  | 'empty'
  | 'length-mismatch'
  | 'sum-not-one'
  | 'constant'
  | 'zero-denominator'
  | 'no-overlap'
  | 'duplicate';

/** Why a request is not answered: the path of the field, what is wrong with its value, and what to give instead. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly field: string;
  readonly value: unknown;
  readonly message: string;
  readonly remedy: string;
}

/** A long value is shown by its beginning: the reply names the field, the asker has the value. */
function quote(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export function refuse(
  code: RefusalCode,
  field: string,
  value: unknown,
  rule: string,
  remedy: string,
): Refusal {
  return {
    code,
    field,
    value: value ?? null,
    message: `Cannot use ${field || 'the line'} = ${quote(value)}: ${rule}`,
    remedy,
  };
}
