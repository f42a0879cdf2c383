import { EXPLANATIONS } from './explain.ts';
import type { Explanation, Horizon } from './explanation.ts';

/** One measured line of `npm run bench:rates`. */
export interface Rate {
  readonly method: string;
  readonly table: string;
  readonly data: string;
  readonly stated: { readonly atMost?: number; readonly atLeast?: number } | null;
  readonly rate: number;
  readonly error: number;
}

export interface Rates {
  readonly seed: number;
  readonly runs: number;
  readonly looks: number;
  readonly rows: readonly Rate[];
}

const READING: Readonly<Record<Horizon, string>> = {
  fixed: 'once, at the end that was planned',
  'always-valid': 'at every look',
  'planned-looks': 'at the looks that were planned',
  none: 'at any time; it states no error rate',
};

const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;

function row({ table, data, stated, rate, error }: Rate): string {
  const bound = stated?.atMost === undefined ? stated?.atLeast : stated.atMost;
  const said = bound === undefined ? '' : `${stated?.atMost === undefined ? '≥' : '≤'} ${percent(bound)}`;
  return `| ${table} | ${data} | ${said} | ${percent(rate)} ± ${percent(error)} |`;
}

function measured(name: string, rates: Rates): string[] {
  const rows = rates.rows.filter((each) => each.method === name);
  if (rows.length === 0)
    return ['Not simulated: it is held to reference cases from independent libraries and published tables.'];
  return [
    `\`npm run bench:rates -- --seed ${rates.seed} --runs ${rates.runs} --looks ${rates.looks}\`; ± is the Monte-Carlo standard error.`,
    '',
    '| question | data | stated | measured |',
    '| --- | --- | --- | --- |',
    ...rows.map(row),
  ];
}

const list = (items: readonly string[]): string[] => items.map((item) => `- ${item}`);

/** Markdown of one method's page. */
export function page(name: string, words: Explanation, rates: Rates): string {
  return [
    `# ${name}`,
    '',
    `May be read ${READING[words.horizon]}.`,
    '',
    `**Formula.** ${words.formula}`,
    '',
    `**Source.** ${words.reference}`,
    '',
    `**Use it for:** ${words.use}.`,
    '',
    `**Not for:** ${words.avoid}.`,
    '',
    '## Assumptions',
    '',
    ...list(words.assumptions),
    '',
    '## Checked before it answers',
    '',
    ...list(words.checked),
    '',
    '## Measured',
    '',
    ...measured(name, rates),
    '',
  ].join('\n');
}

/** File name → text of every page and of the list of them. */
export function pages(rates: Rates): Map<string, string> {
  const names = Object.keys(EXPLANATIONS);
  const index = [
    '# Methods',
    '',
    'Made by `node scripts/generate-method-pages.mjs` from `control-plane/analysis/explain` and the measured rates in `rates.json`; a test holds them to it. The same words go with every reply of `assay stats`.',
    '',
    '| method | may be read | for |',
    '| --- | --- | --- |',
    ...names.map((name) => {
      const words = EXPLANATIONS[name] as Explanation;
      return `| [${name}](${name}.md) | ${READING[words.horizon]} | ${words.use} |`;
    }),
    '',
  ].join('\n');
  const each = names.map((name): [string, string] => [
    `${name}.md`,
    page(name, EXPLANATIONS[name] as Explanation, rates),
  ]);
  return new Map([['README.md', index], ...each]);
}
