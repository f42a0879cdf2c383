import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import pc from 'picocolors';
import { table } from '../output.ts';
import type { DemoLine, DemoResult } from './plan.ts';
import { setStage } from './stage.ts';
import { tellStory } from './story.ts';

export interface DemoOptions {
  readonly state: string;
  readonly seed: number;
  readonly families: readonly Family[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Brings the families through their lives side by side. A story that breaks is a line that is not ok; the others go on. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const startedAt = Date.now();
  const traffic = new AbortController();
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs), traffic.signal]);
  const stage = setStage(options.state, options.seed, signal, options.say);
  const lines: DemoLine[] = [];
  const emit = (line: DemoLine): void => {
    lines.push(line);
    options.say(
      `${line.ok ? pc.green('as expected') : pc.red('NOT as expected')}: ${line.family} ${line.case}: ${line.end} at ${line.gate}`,
    );
  };
  const drivers = await Promise.all(
    options.families.map((family) =>
      tellStory(family, stage, emit).catch((cause: unknown) => {
        emit(brokenLine(family, cause));
        return undefined;
      }),
    ),
  );
  traffic.abort();
  const ended = await Promise.all(drivers.map((d) => d?.done));
  const violations = ended.reduce((sum, r) => sum + (r?.violations ?? 0), 0);
  const answered = ended.reduce((sum, r) => sum + (r?.answered ?? 0), 0);
  lines.sort(
    (a, b) =>
      FAMILY_NAMES.indexOf(a.family) - FAMILY_NAMES.indexOf(b.family) ||
      ORDER.indexOf(a.case) - ORDER.indexOf(b.case),
  );
  const ok = violations === 0 && lines.length > 0 && lines.every((l) => l.ok);
  return { ok, seconds: Math.round((Date.now() - startedAt) / 100) / 10, lines, violations, answered };
}

const ORDER: readonly DemoLine['case'][] = ['good', 'harmful', 'drift'];

const brokenLine = (family: Family, cause: unknown): DemoLine => ({
  family,
  case: 'good',
  model: '–',
  version: '–',
  end: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
  gate: '–',
  effect: null,
  decision: '–',
  expected: 'a story told to its end',
  ok: false,
});

/** A story that broke names no decision; what broke it is too long for a table. */
const isTold = (line: DemoLine): boolean => line.decision !== '–';

const number = (x: number): string => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(3));

function effectText(line: DemoLine): string {
  const e = line.effect;
  if (e === null) return 'no traffic moved';
  const truth = e.truth === null ? '' : ` truth ${number(e.truth)}`;
  return `${e.metric} ${number(e.estimate)} [${number(e.lower)}, ${number(e.upper)}]${truth}`;
}

/** One table of what happened, for people. */
export function demoTable(result: DemoResult): string {
  const rows = result.lines.map((l) => [
    l.ok ? pc.green('✓') : pc.red('✗'),
    l.family,
    l.case,
    `${l.model}/${l.version}`,
    isTold(l) ? l.end : 'not told',
    l.gate,
    effectText(l),
    l.decision,
  ]);
  const head = ['', 'family', 'case', 'version', 'end', 'gate', 'effect [95 %]', 'decision'];
  const sum = `${result.answered} predictions answered, ${result.violations} broke a guardrail, ${result.seconds} s: ${result.ok ? pc.green('all as expected') : pc.red('not as expected')}`;
  const notes = result.lines.filter((l) => !isTold(l)).map((l) => `${pc.red('✗')} ${l.family}: ${l.end}`);
  return [table(head, rows), ...notes, sum].join('\n');
}
