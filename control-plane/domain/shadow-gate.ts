import type { DeliveryProfile } from './delivery-profile.ts';
import type { ShadowCheck } from './families/family.ts';
import type { ShadowAnswer } from './ports/evidence-source.ts';

/** A shadow that fails more often than this is not ready for traffic. */
export const MAX_FAILED_SHARE = 0.01;

export type ShadowLook =
  | { readonly kind: 'read'; readonly answer: ShadowAnswer }
  | { readonly kind: 'unreadable'; readonly reason: string };

export type ShadowNext =
  | { readonly kind: 'stay'; readonly reason: string }
  | { readonly kind: 'pass'; readonly reason: string }
  | { readonly kind: 'reject'; readonly reason: string }
  /** For longer than the profile allows: ends a soak, but says nothing against the version. */
  | { readonly kind: 'unreadable'; readonly reason: string };

const show = (x: number): string => String(Number(x.toPrecision(4)));

/** Only a soaked shadow with enough rows, few failures and every check within its limit passes; what stays unreadable is named so in the end. */
export function judgeShadow(
  checks: readonly ShadowCheck[],
  profile: DeliveryProfile['shadow'],
  elapsedMs: number,
  look: ShadowLook,
): ShadowNext {
  const verdict = look.kind === 'read' ? readShadow(checks, profile, look.answer) : missing(look.reason);
  if (verdict.kind === 'reject') return verdict;
  if (verdict.kind === 'missing')
    return elapsedMs > profile.timeoutMs
      ? {
          kind: 'unreadable',
          reason: `no readable shadow evidence within ${profile.timeoutMs} ms: ${verdict.reason}`,
        }
      : { kind: 'stay', reason: verdict.reason };
  return elapsedMs < profile.soakMs ? { ...verdict, kind: 'stay' } : verdict;
}

type Reading =
  | Extract<ShadowNext, { kind: 'pass' | 'reject' }>
  | { readonly kind: 'missing'; readonly reason: string };

const missing = (reason: string): Reading => ({ kind: 'missing', reason });

function readShadow(
  checks: readonly ShadowCheck[],
  { minRows }: DeliveryProfile['shadow'],
  answer: ShadowAnswer,
): Reading {
  const failed = answer.rows === 0 ? 0 : answer.failed / answer.rows;
  if (answer.rows < minRows) return missing(`${answer.rows} shadow answers, ${minRows} needed`);
  if (failed > MAX_FAILED_SHARE)
    return {
      kind: 'reject',
      reason: `${answer.failed} of ${answer.rows} shadow answers failed, more than ${100 * MAX_FAILED_SHARE} %`,
    };
  for (const check of checks) {
    const found = answer.checks[check.name];
    if (found === undefined || found.rows < minRows || !Number.isFinite(found.value))
      return missing(`${check.name}: ${found?.rows ?? 0} rows with an outcome, ${minRows} needed`);
    if (Math.abs(found.value) > check.limit)
      return {
        kind: 'reject',
        reason: `${check.name} is ${show(found.value)} over ${found.rows} rows, beyond ${check.limit} (${check.label})`,
      };
  }
  const held = checks.map(
    (c) => `${c.name} ${show(answer.checks[c.name]?.value ?? Number.NaN)} of at most ${c.limit}`,
  );
  return {
    kind: 'pass',
    reason: [`${answer.rows} shadow answers, ${answer.failed} failed`, ...held].join('; '),
  };
}
