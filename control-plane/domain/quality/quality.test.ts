import { describe, expect, test } from 'vitest';
import { auc } from './auc.ts';
import { compare } from './compared.ts';
import { hits, largest, logLosses, weightedErrors } from './losses.ts';
import { ndcg, ndcgBySession } from './ndcg.ts';
import { QUALITY } from './quality.ts';

// Expected numbers: scikit-learn 1.9.1 (ndcg_score, roc_auc_score, log_loss) and DeLong's formula by brute force.
describe('quality of held-out rows', () => {
  test.for([
    {
      name: 'gains 0 and 2',
      scores: [0.3, 0.2, 0.9, 0.1],
      gains: [0, 1, 0, 2],
      k: 4,
      is: 0.5174418337467066,
    },
    { name: 'ties share', scores: [1, 1, 1, 1], gains: [0, 1, 0, 1], k: 4, is: 0.7853208594776601 },
    { name: 'cut at two', scores: [0.1, 0.2, 0.3, 0.4], gains: [3, 0, 1, 2], k: 2, is: 0.6173196815056892 },
  ])('ndcg: $name', ({ scores, gains, k, is }) => {
    expect(ndcg(scores, gains, k)).toBeCloseTo(is, 12);
  });

  test('sessions without a gain do not count', () => {
    expect(ndcgBySession([1, 1, 2, 2], [2, 1, 2, 1], [1, 0, 0, 0], 4)).toEqual([1]);
    expect(ndcg([1, 2], [0, 0], 4)).toBeUndefined();
  });

  test('auc with ties, and its standard error', () => {
    const { value, standardError } = auc([0, 0, 1, 1, 1, 0], [0.1, 0.4, 0.35, 0.8, 0.4, 0.7]);
    expect(value).toBeCloseTo(0.6111111111111112, 12);
    expect(standardError).toBeCloseTo(0.28327886186626583, 12);
    expect(auc([1, 1], [0.2, 0.3]).value).toBeNaN();
    expect(auc([0, 1, 0, 1], [1, 1, 1, 1])).toEqual({ value: 0.5, standardError: 0 });
  });

  test('log loss, weighted error, accuracy', () => {
    const losses = logLosses([1, 0, 1], [0.9, 0.2, 0.4]);
    expect(losses.reduce((a, b) => a + b, 0) / 3).toBeCloseTo(0.414931599615397, 12);
    expect(logLosses([1], [0])[0]).toBeCloseTo(-Math.log(1e-7), 9);
    const errors = weightedErrors([10, 30], [12, 27]);
    expect((errors[0] ?? 0) / 2 + (errors[1] ?? 0) / 2).toBeCloseTo(5 / 40, 12);
    expect(largest([0.1, 0.7, 0.2, 0.5, 0.3, 0.2], 3)).toEqual([1, 0]);
    expect(hits([1, 0], [1, 2])).toEqual([1, 0]);
  });

  test('compared with itself there is no difference and no error', () => {
    expect(compare([1, 2, 3], [1, 2, 3], 'itself')).toMatchObject({ value: 2, naive: 2, standardError: 0 });
  });

  test('a ranking by the clicks themselves is perfect, a constant is naive', () => {
    const clicked = [0, 1, 0, 1, 0];
    const at = (name: string): number[] => (name === 'clicked' ? clicked : [1, 1, 1, 2, 2]);
    const perfect = QUALITY.ranking(at, clicked, at);
    expect(perfect).toMatchObject({ value: 1, rows: 2 });
    const constant = QUALITY.ranking(at, [5, 5, 5, 5, 5], at);
    expect(constant.value).toBe(constant.naive);
  });
});
