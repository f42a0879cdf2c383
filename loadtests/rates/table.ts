import { type Judged, judge, type Scenario, TABLES, type Tally } from './scenario.ts';

const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;

export interface Row {
  readonly scenario: Scenario;
  readonly tally: Tally;
}

function stated({ stated }: Scenario): string {
  if (stated === null) return '';
  return 'atMost' in stated ? `≤ ${percent(stated.atMost)}` : `≥ ${percent(stated.atLeast)}`;
}

function line({ scenario, tally }: Row, { rate, error, broken }: Judged): string {
  const also = tally.sums.slice(1).map((sum) => percent(sum / tally.runs));
  const cells = [
    scenario.method,
    scenario.data,
    stated(scenario),
    `${percent(rate)} ± ${percent(error)}`,
    ...also,
  ];
  return `| ${cells.join(' | ')} | ${broken ? 'BROKEN' : 'holds'} |`;
}

function section(table: keyof typeof TABLES, rows: readonly Row[]): string {
  const also = rows[0]?.scenario.also ?? [];
  const head = ['method', 'data', 'stated', 'measured', ...also, ''];
  const lines = rows.map((row) => line(row, judge(row.scenario, row.tally)));
  return [
    `### ${TABLES[table]}`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => ' --- |').join('')}`,
    ...lines,
  ].join('\n');
}

/** Markdown: a table a kind of question, each rate with its Monte-Carlo standard error. */
export function tables(rows: readonly Row[]): string {
  const kinds = Object.keys(TABLES) as (keyof typeof TABLES)[];
  return kinds
    .map((kind) => ({ kind, of: rows.filter((row) => row.scenario.table === kind) }))
    .filter(({ of }) => of.length > 0)
    .map(({ kind, of }) => section(kind, of))
    .join('\n\n');
}
