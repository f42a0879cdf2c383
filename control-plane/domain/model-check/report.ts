import type { SignatureFinding } from './signing-policy.ts';

export interface RuleResult {
  /** Stable id of the rule. */
  readonly rule: string;
  readonly status: 'ok' | 'refused' | 'skipped';
  /** What was found, and for a refusal what the rule wants. */
  readonly value: string;
  readonly remedy: string | null;
}

export interface FileDigest {
  readonly path: string;
  /** Hex; null where the file was too large to be read at all. */
  readonly sha256: string | null;
  readonly sizeBytes: number;
}

export interface CheckReport {
  readonly status: 'ok' | 'refused';
  /** The model file that was looked at, relative to its folder; null where there is none. */
  readonly file: string | null;
  readonly family: string | null;
  readonly files: readonly FileDigest[];
  readonly rules: readonly RuleResult[];
  /** Absent: whoever made the report asked for none. */
  readonly signature?: SignatureFinding;
}

export const ok = (rule: string, value: string): RuleResult => ({ rule, status: 'ok', value, remedy: null });
export const refused = (rule: string, value: string, remedy: string): RuleResult => ({
  rule,
  status: 'refused',
  value,
  remedy,
});
export const skipped = (rule: string, why: string): RuleResult => ({
  rule,
  status: 'skipped',
  value: why,
  remedy: null,
});

/** A name or path out of a hostile file: quoted, and cut so that it floods no log. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

/** One line a refusal, for logs, tags and error messages. */
export const refusals = (rules: readonly RuleResult[]): string[] =>
  rules.filter((r) => r.status === 'refused').map((r) => `${r.rule}: ${r.value}`);
