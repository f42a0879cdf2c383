import { type Measure, middle, type Rounds, ratio } from './measure.ts';

/** One load and what every side took under it. */
export interface Line {
  readonly rows: number;
  readonly load: string;
  readonly rounds: Rounds;
}

export interface Budget {
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  readonly missed: boolean;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const ms = (us: number): string => (us / 1000).toFixed(2);

/** One row a load and side. */
export function loads(lines: readonly Line[]): string {
  const rows = lines.flatMap(({ rows, load, rounds }) =>
    [...rounds.keys()].map((side) => {
      const of = (key: Measure): number => middle(rounds, side, key);
      return [
        String(rows),
        load,
        side,
        of('wholeCpuUs').toFixed(0),
        side === 'naive' ? '' : ratio(rounds, side, 'naive', 'wholeCpuUs').toFixed(2),
        of('perSecond').toFixed(0),
        side === 'naive' ? '' : ratio(rounds, side, 'naive', 'perSecond').toFixed(2),
        ...(['p50Us', 'p99Us', 'p999Us'] as const).map((key) => ms(of(key))),
      ];
    }),
  );
  const head = [
    'rows',
    'load',
    'side',
    'CPU µs',
    '÷ naive',
    'answers/s',
    '÷ naive',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
  ];
  return table(head, rows);
}

/** What each feature adds alone, in µs and against the server without any of them. */
export function features(rounds: Rounds): string {
  const rows = [...rounds.keys()]
    .filter((side) => side !== 'bare')
    .map((side) => [
      side,
      middle(rounds, side, 'wholeCpuUs').toFixed(1),
      ((ratio(rounds, side, 'bare', 'wholeCpuUs') - 1) * 100).toFixed(1),
    ]);
  return table(
    ['batch 1', 'CPU µs', 'more than bare, %'],
    [['bare', middle(rounds, 'bare', 'wholeCpuUs').toFixed(1), ''], ...rows],
  );
}
