import { AssayError } from './errors.ts';

/**
 * Guardrail rules. The same text is evaluated at validation, in shadow and at serving time.
 * `clamp` moves the value to the limit, `filter` drops list items, `review` sends it to a person,
 * `fallback` answers with the endpoint's fallback instead.
 */
export type GuardrailAction = 'clamp' | 'filter' | 'review' | 'fallback';

export interface GuardrailRule {
  readonly id: string;
  readonly kind: RuleKind;
  /** Limit in the field's own unit; for `max-step` and `min-margin` a ratio in [0, 1]; absent for `in-stock`. */
  readonly limit?: number;
  readonly action: GuardrailAction;
}

/** What each rule reads and which actions make sense for it. An unknown kind or action is an error, never skipped. */
export const RULES = {
  'price-floor': { family: 'pricing', limit: true, actions: ['clamp', 'fallback'] },
  'price-ceiling': { family: 'pricing', limit: true, actions: ['clamp', 'fallback'] },
  'max-step': { family: 'pricing', limit: true, actions: ['clamp', 'fallback'] },
  'min-margin': { family: 'pricing', limit: true, actions: ['clamp', 'fallback'] },
  'bid-cap': { family: 'bidding', limit: true, actions: ['clamp', 'fallback'] },
  'in-stock': { family: 'ranking', limit: false, actions: ['filter'] },
  'non-negative': { family: 'forecasting', limit: false, actions: ['clamp', 'fallback'] },
  'max-demand': { family: 'forecasting', limit: true, actions: ['clamp', 'review', 'fallback'] },
  'min-confidence': { family: 'vision', limit: true, actions: ['review'] },
} as const satisfies Record<string, { family: string; limit: boolean; actions: readonly GuardrailAction[] }>;

export type RuleKind = keyof typeof RULES;

export interface Policy {
  readonly rules: readonly GuardrailRule[];
}

/** What a rule did to one answer; numbers that JSON cannot hold are refused before they get here. */
export interface Trip {
  readonly rule: string;
  readonly kind: RuleKind;
  readonly value: number;
  readonly limit: number;
  readonly action: GuardrailAction;
}

const isRecord = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

/** Parses and checks a policy for a family. Throws POLICY_INVALID naming the rule. */
export function parsePolicy(value: unknown, family: string): Policy {
  if (!isRecord(value) || !Array.isArray(value.rules)) {
    throw new AssayError('POLICY_INVALID', 'Cannot read policy: it is not an object with a list "rules"', {
      field: 'rules',
    });
  }
  const seen = new Set<string>();
  const rules = value.rules.map((rule: unknown, i: number) => {
    const parsed = parseRule(rule, i, family);
    if (seen.has(parsed.id)) throw invalid(`rules[${i}].id`, `rule id "${parsed.id}" is there twice`);
    seen.add(parsed.id);
    return parsed;
  });
  return { rules };
}

const invalid = (field: string, text: string): AssayError =>
  new AssayError('POLICY_INVALID', `Cannot read policy: ${text}`, { field });

function parseRule(rule: unknown, i: number, family: string): GuardrailRule {
  const field = `rules[${i}]`;
  if (!isRecord(rule) || typeof rule.id !== 'string' || rule.id === '')
    throw invalid(`${field}.id`, `rule ${i} has no id`);
  const { id, kind, limit, action } = rule as { id: string; kind: unknown; limit: unknown; action: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(RULES, kind)) {
    throw invalid(
      `${field}.kind`,
      `rule "${id}" has the unknown kind "${String(kind)}"; known: ${Object.keys(RULES).join(', ')}`,
    );
  }
  const spec = RULES[kind as RuleKind];
  if (spec.family !== family)
    throw invalid(`${field}.kind`, `rule "${id}" of kind "${kind}" is for ${spec.family}, not ${family}`);
  if (!(spec.actions as readonly unknown[]).includes(action)) {
    throw invalid(
      `${field}.action`,
      `rule "${id}" cannot "${String(action)}"; it can ${spec.actions.join(', ')}`,
    );
  }
  if (!spec.limit) return { id, kind: kind as RuleKind, action: action as GuardrailAction };
  if (typeof limit !== 'number' || !Number.isFinite(limit) || limit < 0) {
    throw invalid(`${field}.limit`, `rule "${id}" needs a finite limit ≥ 0, not ${String(limit)}`);
  }
  return { id, kind: kind as RuleKind, limit, action: action as GuardrailAction };
}
