import { Growing, Numbers } from './growing.ts';

/** Parquet's physical types (apache/parquet-format, parquet.thrift "Type"). */
export const PHYSICAL = { boolean: 0, int64: 2, double: 5, bytes: 6 } as const;

/** Repeated values' or absent ones' levels: how many values each row has. */
export interface Rows {
  readonly kind: 'optional' | 'repeated';
  readonly counts: Numbers;
}

/** One leaf of the schema: all values of a file, in Parquet's PLAIN encoding or as a dictionary and indices into it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly physical: keyof typeof PHYSICAL;
  readonly isText: boolean;
  /** Absent: each row has one value. */
  readonly rows?: Rows;
  readonly values: Growing;
  /** Values, or entries of the dictionary. */
  count: number;
  readonly indices?: Numbers;
  /** Begins anew; the memory is kept. */
  clear(): void;
}

/** Byte strings that come again: each is kept once. */
export class Dictionary implements Leaf {
  readonly path: readonly string[];
  readonly physical = 'bytes';
  readonly isText = true;
  readonly rows?: Rows;
  readonly values = new Growing();
  readonly indices = new Numbers();
  count = 0;
  readonly #known = new Map<string, number>();
  readonly #entries: Buffer[] = [];

  constructor(path: readonly string[], rows?: Rows) {
    this.path = path;
    if (rows !== undefined) this.rows = rows;
  }

  clear(): void {
    this.values.clear();
    this.indices.clear();
    this.rows?.counts.clear();
    this.count = 0;
    this.#known.clear();
    this.#entries.length = 0;
  }

  /** Appends bytes that are probably those of entry `hint`; returns which entry they are. */
  append(bytes: Buffer, start: number, end: number, hint: number): number {
    const kept = this.#entries[hint];
    const entry =
      kept !== undefined && isSame(kept, bytes, start, end)
        ? hint
        : this.entryOf(bytes.toString('latin1', start, end), () => bytes.subarray(start, end));
    this.indices.push(entry);
    return entry;
  }

  /** The entry under a key that stands for its bytes, made where it is new. */
  entryOf(key: string, make: () => Buffer): number {
    let entry = this.#known.get(key);
    if (entry === undefined) {
      entry = this.count++;
      const made = Buffer.from(make());
      this.#known.set(key, entry);
      this.#entries.push(made);
      this.values.u32(made.length);
      this.values.copy(made, 0, made.length);
    }
    return entry;
  }
}

function isSame(kept: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (kept.length !== end - start) return false;
  for (let i = 0; i < kept.length; i++) if (kept[i] !== bytes[start + i]) return false;
  return true;
}
