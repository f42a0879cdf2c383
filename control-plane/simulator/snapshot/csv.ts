import { readFile } from 'node:fs/promises';

/** A CSV file without quotes, as extract.py and this folder write it. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function parseCsv(text: string): Table {
  const [first = '', ...rest] = text.split('\n');
  const rows = rest.filter((line) => line !== '').map((line) => line.split(','));
  return { header: first.split(','), rows };
}

export const readCsv = async (path: string): Promise<Table> => parseCsv(await readFile(path, 'utf8'));

/** Reader of one column as numbers; throws a TypeError naming a column that is not there. */
export function numbers(table: Table, name: string): (row: readonly string[]) => number {
  const at = table.header.indexOf(name);
  if (at < 0) throw new TypeError(`column "${name}" is missing`);
  return (row) => Number(row[at]);
}

export function texts(table: Table, name: string): (row: readonly string[]) => string {
  const at = table.header.indexOf(name);
  if (at < 0) throw new TypeError(`column "${name}" is missing`);
  return (row) => row[at] ?? '';
}

/** Numbers as JavaScript prints them: shortest text that reads back the same. */
export const toCsv = (header: readonly string[], rows: readonly (readonly number[])[]): string =>
  `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
