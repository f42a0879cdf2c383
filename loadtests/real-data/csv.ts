import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../../../shared/data/', import.meta.url);

/** Why the real data cannot be read here, or null. */
export const missing: string | null = existsSync(folder)
  ? null
  : `there is no ${fileURLToPath(folder)}: the data sets are read from there and never copied`;

/** Records of a CSV text; a field in quotes may hold commas, line ends and doubled quotes (RFC 4180). */
export function records(text: string): string[][] {
  const all: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = '', end = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n|$)/g)) {
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    all.push(record);
    record = [];
    if (end === '') break;
  }
  return all;
}

/** Rows of a csv.gz, by column name. */
export function rows(path: string): Record<string, string>[] {
  const text = gunzipSync(readFileSync(new URL(path, folder))).toString();
  const [names = [], ...rest] = records(text.replaceAll('\r\n', '\n').trimEnd());
  return rest.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])));
}

export function groups<T>(all: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const result = new Map<string, T[]>();
  for (const row of all) {
    const name = key(row);
    const group = result.get(name);
    if (group) group.push(row);
    else result.set(name, [row]);
  }
  return result;
}
