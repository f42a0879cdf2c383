import { constants, zstdCompressSync } from 'node:zlib';
import { hybrid, widthOf } from './bits.ts';
import { Growing } from './growing.ts';
import { type Leaf, PHYSICAL, type Rows } from './leaf.ts';
import { binary, encodeStruct, type Fields, i32, i64, list, struct, type Thrift, text } from './thrift.ts';

// Numbers of apache/parquet-format, parquet.thrift.
const ENCODING = { plain: 0, rle: 3, dictionary: 8 } as const;
const CODEC = { none: 0, zstd: 6 } as const;
const REPETITION = { required: 0, optional: 1, repeated: 2 } as const;
const CONVERTED = { text: 0, map: 1, list: 3 } as const;
const PAGE = { data: 0, dictionary: 2 } as const;
const MAGIC = Buffer.from('PAR1');
const CREATED_BY = 'assay';

/** zstd's fastest: evidence is mostly texts that come again, which a dictionary holds, and floats, which hardly shrink. */
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };
/** One piece: what does not shrink grows by less than a hundredth. */
const zstd = (bytes: Buffer): Buffer =>
  zstdCompressSync(bytes, {
    params: LEVEL,
    chunkSize: 1024 + Math.ceil(bytes.length * 1.01),
    // Its tables are made for so much and no more
    pledgedSrcSize: bytes.length,
  });
/** Bytes that a chunk's compression is tried on, and the share of them that it must take off to be worth its time, both ways. */
const TRIED_BYTES = 16 * 1024;
const WORTH = 0.9;
const LEAST_BYTES = 1024;

/** A column of the schema: one leaf, or those of a list or a map. */
export interface Column {
  readonly name: string;
  readonly group?: 'list' | 'map';
  readonly leaves: readonly Leaf[];
}

/** Takes the next parts of the file; returns where they begin. */
type Place = (...parts: readonly Buffer[]) => number;

/** A whole Parquet file in parts, with one row group, a page a column. Good until the columns are appended to. */
export function parquetFile(columns: readonly Column[], rows: number): readonly Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  const place: Place = (...more) => {
    const from = at;
    parts.push(...more);
    for (const part of more) at += part.length;
    return from;
  };
  place(MAGIC);
  const chunks = columns.flatMap(({ leaves }) => leaves.map((leaf) => writeChunk(leaf, place)));
  const bytes = at - MAGIC.length;
  const footer = encodeStruct({
    1: i32(1),
    2: list('struct', [root(columns.length), ...columns.flatMap(schemaOf)].map(struct)),
    3: i64(rows),
    4: list('struct', [struct({ 1: list('struct', chunks), 2: i64(bytes), 3: i64(rows) })]),
    6: text(CREATED_BY),
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  place(footer, length, MAGIC);
  return parts;
}

const root = (children: number): Fields => ({ 4: text('schema'), 5: i32(children) });

const group = (name: string, repetition: number, children: number, converted?: number): Fields => ({
  3: i32(repetition),
  4: text(name),
  5: i32(children),
  6: converted === undefined ? undefined : i32(converted),
});

const leafSchema = ({ path, physical, isText, rows }: Leaf): Fields => ({
  1: i32(PHYSICAL[physical]),
  3: i32(rows?.kind === 'optional' ? REPETITION.optional : REPETITION.required),
  4: text(path.at(-1) ?? ''),
  6: isText ? i32(CONVERTED.text) : undefined,
});

/** Lists and maps in the three levels of apache/parquet-format, LogicalTypes.md. */
function schemaOf({ name, group: kind, leaves }: Column): readonly Fields[] {
  const own = leaves.map(leafSchema);
  if (kind === undefined) return own;
  const inner = kind === 'list' ? 'list' : 'key_value';
  return [
    group(name, REPETITION.required, 1, CONVERTED[kind]),
    group(inner, REPETITION.repeated, leaves.length),
    ...own,
  ];
}

/** Writes a leaf's pages; its ColumnChunk. */
function writeChunk(leaf: Leaf, place: Place): Thrift {
  const body = bodyOf(leaf);
  const codec = worthIt(leaf, body) ? CODEC.zstd : CODEC.none;
  let [plain, stored] = [0, 0];
  const page = (body: readonly Buffer[], fields: Fields): number => {
    const packed = codec === CODEC.zstd ? [zstd(joined(body))] : body;
    const [before, after] = [bytesOf(body), bytesOf(packed)];
    const head = encodeStruct({ ...fields, 2: i32(before), 3: i32(after) });
    plain += head.length + before;
    stored += head.length + after;
    return place(head, ...packed);
  };
  const { indices, values, count, rows } = leaf;
  const dictionaryAt =
    indices &&
    page([values.written], { 1: i32(PAGE.dictionary), 7: struct({ 1: i32(count), 2: i32(ENCODING.plain) }) });
  const slots = rows === undefined ? (indices?.length ?? count) : slotsOf(rows);
  const encoding = indices === undefined ? ENCODING.plain : ENCODING.dictionary;
  const levels = { 3: i32(ENCODING.rle), 4: i32(ENCODING.rle) };
  const dataAt = page(body, {
    1: i32(PAGE.data),
    5: struct({ 1: i32(slots), 2: i32(encoding), ...levels }),
  });
  const metadata: Fields = {
    1: i32(PHYSICAL[leaf.physical]),
    2: list('i32', [...new Set([ENCODING.plain, ENCODING.rle, encoding])].map(i32)),
    3: list(
      'binary',
      leaf.path.map((name) => binary(Buffer.from(name))),
    ),
    4: i32(codec),
    5: i64(slots),
    6: i64(plain),
    7: i64(stored),
    9: i64(dataAt),
    11: dictionaryAt === undefined ? undefined : i64(dictionaryAt),
  };
  return struct({ 2: i64(dictionaryAt ?? dataAt), 3: struct(metadata) });
}

const bytesOf = (parts: readonly Buffer[]): number => parts.reduce((n, p) => n + p.length, 0);

/** Parts on end, in memory that the next ones use again. */
function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  scratch.clear();
  for (const part of parts) scratch.copy(part, 0, part.length);
  return scratch.written;
}

const scratch = new Growing();

/** A compressor is made for each page: what is small stays as it is. */
function worthIt({ values, indices }: Leaf, body: readonly Buffer[]): boolean {
  if (bytesOf(body) + (indices === undefined ? 0 : values.length) < LEAST_BYTES) return false;
  if (indices !== undefined) return true;
  const tried = values.written.subarray(0, TRIED_BYTES);
  return zstd(tried).length < WORTH * tried.length;
}

/** A repeated leaf has a slot for a row without values, too. */
function slotsOf({ kind, counts }: Rows): number {
  if (kind === 'optional') return counts.length;
  let slots = 0;
  for (const count of counts.written) slots += Math.max(1, count);
  return slots;
}

/** Levels, then values or indices: the content of a data page, version 1. */
function bodyOf({ rows, indices, values, count }: Leaf): readonly Buffer[] {
  const head = new Growing();
  if (rows !== undefined) writeLevels(head, rows);
  if (indices === undefined) return [head.written, values.written];
  const width = widthOf(count - 1);
  head.byte(width);
  hybrid(head, width, indices.written);
  return [head.written];
}

function writeLevels(body: Growing, rows: Rows): void {
  const { kind, counts } = rows;
  if (kind === 'optional') {
    prefixed(body, counts.written);
    return;
  }
  const slots = slotsOf(rows);
  const [repetition, definition] = [new Uint8Array(slots).fill(1), new Uint8Array(slots).fill(1)];
  let at = 0;
  for (const count of counts.written) {
    repetition[at] = 0;
    if (count === 0) definition[at] = 0;
    at += Math.max(1, count);
  }
  prefixed(body, repetition);
  prefixed(body, definition);
}

function prefixed(body: Growing, levels: ArrayLike<number>): void {
  const run = new Growing();
  hybrid(run, 1, levels);
  body.u32(run.length);
  body.copy(run.written, 0, run.length);
}
