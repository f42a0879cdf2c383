import type { ModelCard } from './model-card.ts';

const NOT_STATED = '*not stated*';
/** Text of people must not break out of its cell or line. */
const plain = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
const stated = (value: string | number | null): string =>
  value === null ? NOT_STATED : plain(String(value));
const code = (value: string | null): string => (value === null ? NOT_STATED : `\`${value}\``);
const list = (items: readonly string[]): string => (items.length === 0 ? NOT_STATED : items.join(', '));
const table = (head: readonly [string, string], rows: readonly (readonly [string, string])[]): string =>
  [`| ${head.join(' | ')} |`, '| --- | --- |', ...rows.map((r) => `| ${r.join(' | ')} |`)].join('\n');
const json = (value: unknown, none: string): string =>
  value === null || value === undefined ? none : `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

/** The card as people read it; metadata in front as model hubs expect it. */
export function cardMarkdown(card: ModelCard): string {
  const { details: d, operation: o, intendedUse: u } = card;
  return `---
${[
  ['license', d.licence],
  ['library_name', d.format === null ? null : 'onnx'],
  ['model_name', `${d.model}/${d.version}`],
]
  .filter(([, v]) => v !== null)
  .map(([k, v]) => `${k}: ${JSON.stringify(v)}`)
  .join('\n')}
---

# ${plain(d.model)}, version ${d.version}

${stated(d.description)}

## Details

${table(
  ['what', 'value'],
  [
    ['family', stated(d.family)],
    ['owner', stated(d.owner)],
    ['registered by', stated(d.registeredBy)],
    ['licence', stated(d.licence)],
    ['prompt class', stated(d.promptClass)],
    ['format', stated(d.format)],
    ['SHA-256', code(d.digest)],
    ['bytes', stated(d.sizeBytes)],
    ['code revision', code(d.codeRevision)],
    [
      'environment',
      list(d.environment.map((f) => `${plain(f.path)} (${code(f.digest?.slice(0, 12) ?? null)})`)),
    ],
    ['parents', list(d.parents.map(plain))],
  ],
)}

## Intended use

**Purpose**: ${stated(u.purpose)}

**Limits**: ${stated(u.limits)}

## Operation

${table(
  ['what', 'value'],
  [
    ['service level', stated(o.sla)],
    ['retrain cycle', stated(o.retrainCycle)],
    ['endpoints', list(o.endpoints.map(plain))],
  ],
)}

## Signature

${json(card.signature, NOT_STATED)}

## Training data

${
  card.data.length === 0
    ? NOT_STATED
    : table(
        ['data set', 'digest'],
        card.data.map((x) => [plain(x.name), `\`${x.digest}\``]),
      )
}

## Metrics

The trainer's own:

${
  Object.keys(card.metrics).length === 0
    ? NOT_STATED
    : table(
        ['metric', 'value'],
        Object.entries(card.metrics).map(([k, v]) => [plain(k), String(v)]),
      )
}

Assay's, on held-out rows:

${json(card.validation, '*not validated yet*')}

## Fairness

${json(card.fairness, NOT_STATED)}

## Robustness

${json(card.robustness, NOT_STATED)}
`;
}
