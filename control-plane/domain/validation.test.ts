import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Compared, compare } from './quality/compared.ts';
import { judgeValidation, type ValidationFacts } from './validation.ts';

const compared = (value: number, naive = 0.5, standardError = 0.01): Compared => ({
  value,
  naive,
  naiveWhat: 'the same for all',
  standardError,
  rows: 100,
});
const facts = (
  candidate: Compared,
  champion: Compared | null = null,
  better: 'higher' | 'lower' = 'higher',
): ValidationFacts => ({ metric: 'auc', better, candidate, champion, snapshot: 'd', labelOrigin: 'real' });

describe('validation', () => {
  test.for([
    { name: 'clearly better', facts: facts(compared(0.6)), kind: 'pass', says: 'leads by 0.1000' },
    {
      name: 'better by less than chance',
      facts: facts(compared(0.51)),
      kind: 'fail',
      says: 'not more than chance',
    },
    { name: 'equal, without noise', facts: facts(compared(0.5, 0.5, 0)), kind: 'fail', says: '0.0000' },
    { name: 'worse', facts: facts(compared(0.4)), kind: 'fail', says: '0.4000' },
    {
      name: 'a loss that is higher',
      facts: facts(compared(0.6), null, 'lower'),
      kind: 'fail',
      says: 'lower is better',
    },
    {
      name: 'a loss that is lower',
      facts: facts(compared(0.4), null, 'lower'),
      kind: 'pass',
      says: 'leads by 0.1000',
    },
    { name: 'not a number', facts: facts(compared(Number.NaN)), kind: 'fail', says: 'cannot be judged' },
    {
      name: 'a spread that one row cannot show',
      facts: facts(compare([1], [0], 'nothing')),
      kind: 'fail',
      says: 'cannot be judged',
    },
    {
      name: 'a champion that is not a number',
      facts: facts(compared(0.9), compared(Number.NaN)),
      kind: 'fail',
      says: 'champion NaN cannot be judged',
    },
    {
      name: 'keeps enough of the lead',
      facts: facts(compared(0.6), compared(0.7)),
      kind: 'pass',
      says: '0.0800',
    },
    {
      name: 'loses most of the lead',
      facts: facts(compared(0.55), compared(0.8)),
      kind: 'fail',
      says: 'is less',
    },
    {
      name: 'a champion that has gone bad',
      facts: facts(compared(0.6), compared(0.3)),
      kind: 'pass',
      says: 'champion 0.3000',
    },
  ] as const)('$name: $kind', ({ facts: f, kind, says }) => {
    const verdict = judgeValidation(f);
    expect(verdict.kind).toBe(kind);
    expect(verdict.reasons.join('; ')).toContain(says);
  });

  test('a worse value never betters the verdict', () => {
    const number = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(number, number, number, number, (a, b, error, champion) => {
        const [worse, better] = [Math.min(a, b), Math.max(a, b)];
        const judge = (value: number) =>
          judgeValidation(facts(compared(value, 0.5, error / 10), compared(champion))).kind;
        return !(judge(worse) === 'pass' && judge(better) === 'fail');
      }),
    );
  });
});
