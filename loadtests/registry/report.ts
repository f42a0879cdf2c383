import { cpuCost, median, type Rounds } from './measure.ts';
import type { Scenario } from './scenarios.ts';

export interface Line {
  readonly scenario: Scenario;
  readonly rounds: Rounds;
  /** Median of paired ratios, one a competitor; below the target when `missed`. */
  readonly ratios: readonly number[];
  readonly missed: boolean;
}

const shown = ({ counts }: Scenario, ms: number): string => {
  if (counts !== undefined) return `${Math.round((counts.perOperation * 1000) / ms)} ${counts.unit}`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
};

/** A Markdown table: medians over rounds, then the ratios, then what is missed. */
export function print(lines: readonly Line[], machine: string): void {
  const names = [...(lines[0]?.rounds.keys() ?? [])];
  const [, ...others] = names;
  const head = [
    'scenario',
    ...names,
    ...others.map((name) => `ratio to ${name}`),
    `CPU ms ${names.join(' / ')}`,
    '',
  ];
  const rows = lines.map(({ scenario, rounds, ratios, missed }) => [
    scenario.name,
    ...names.map((name) => shown(scenario, median(rounds.get(name)?.ms ?? []))),
    ...ratios.map((r) => r.toFixed(1)),
    names.map((name) => cpuCost(rounds, name).toFixed(1)).join(' / '),
    missed ? 'MISSED' : 'ok',
  ]);
  console.log(`${new Date().toISOString().slice(0, 10)}, ${machine}\n`);
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}
