import { AssayError } from '@assay/domain/errors';
import { rawNumber } from '@assay/domain/exact-json';
import { elementsOf, packBytes, rawOf, unpackBytes } from '../../runtime/datatypes.ts';

type Range = readonly [low: number | bigint, high: number | bigint];
/** Limits of the integers that a double holds; 64-bit ones also come as bigint. */
const INTEGERS: Readonly<Record<string, Range>> = {
  UINT8: [0, 255],
  INT8: [-128, 127],
  UINT16: [0, 65_535],
  INT16: [-32_768, 32_767],
  UINT32: [0, 4_294_967_295],
  INT32: [-2_147_483_648, 2_147_483_647],
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Deepest nesting that is unfolded; shapes of models have fewer dimensions. */
const DEEPEST = 16;

/** The JSON value as an element of the datatype; undefined when it is none. */
function elementOf(datatype: string, value: unknown): unknown {
  if (datatype === 'BOOL') return typeof value === 'boolean' ? value : undefined;
  if (datatype === 'BYTES') return typeof value === 'string' ? Buffer.from(value) : undefined;
  const range = INTEGERS[datatype];
  if (range !== undefined) return integerOf(range, value);
  // A bare integer past 2^53 was read as bigint, whatever it is for
  return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : undefined;
}

function integerOf([low, high]: Range, value: unknown): number | bigint | undefined {
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return undefined;
  const n = value as number | bigint;
  if (n < low || n > high) return undefined;
  return typeof low === 'bigint' ? BigInt(n) : Number(n);
}

/**
 * Row-major little-endian bytes of a tensor's JSON data, nested as its shape is or flat. Integers are exact past 2^53.
 * Throws REQUEST_INVALID naming the element.
 */
export function rawOfJson(datatype: string, data: readonly unknown[], rank: number, field: string): Buffer {
  const flat = rank > 1 ? data.flat(Math.min(rank, DEEPEST) - 1) : data;
  const elements = flat.map((value, i) => {
    const element = elementOf(datatype, value);
    if (element === undefined)
      throw new AssayError('REQUEST_INVALID', `Cannot read the request: ${show(value)} is no ${datatype}`, {
        field: `${field}[${i}]`,
      });
    return element;
  });
  return datatype === 'BYTES' ? packBytes(elements as Buffer[]) : rawOf(datatype, elements);
}

/** Short, and of lists and objects the kind only: a deep one must not overflow the stack. */
function show(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value).slice(0, 60);
}

/** Integers that a double cannot hold become bare digits. */
export const plain = (value: unknown): unknown =>
  typeof value !== 'bigint'
    ? value
    : value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : rawNumber(String(value));

/** Raw contents as JSON data, flat. */
export const jsonOfRaw = (datatype: string, raw: Buffer): unknown[] =>
  datatype === 'BYTES'
    ? (unpackBytes(raw) ?? []).map((element) => element.toString())
    : elementsOf(datatype, raw).map(plain);
