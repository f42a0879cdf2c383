import type { Family } from '../families/family.ts';
import { RANKING_SLATE } from '../families/ranking.ts';
import { auc } from './auc.ts';
import { type Compared, compare, mean } from './compared.ts';
import { hits, largest, logLosses, weightedErrors } from './losses.ts';
import { ndcgBySession } from './ndcg.ts';

/** A label or feature column of the snapshot's rows, by name; throws when it is missing. */
export type Column = (name: string) => readonly number[];

/** `predicted`: the model's raw output over the hold-out rows, flat and row-major. `train`: labels of the training rows. */
type Quality = (holdout: Column, predicted: readonly number[], train: Column) => Compared;

const CLASSES = 10;

const ranking: Quality = (holdout, predicted) => {
  const [session, clicked] = [holdout('session'), holdout('clicked')];
  const by = (scores: readonly number[]): readonly number[] =>
    ndcgBySession(session, scores, clicked, RANKING_SLATE);
  return compare(by(predicted), by(predicted.map(() => 0)), 'every item the same score');
};

const forecasting: Quality = (holdout, predicted) => {
  const [demand, level, lastWeek] = [holdout('demand'), holdout('level'), holdout('lag_7')];
  const inUnits = (ratios: readonly number[]): number[] => ratios.map((r, i) => r * (level[i] ?? 0));
  return compare(
    weightedErrors(demand, inUnits(predicted)),
    weightedErrors(demand, inUnits(lastWeek)),
    'the same weekday last week',
  );
};

const pricing: Quality = (holdout, predicted, train) => {
  const bought = holdout('bought');
  const share = mean(train('bought'));
  return compare(
    logLosses(bought, predicted),
    logLosses(
      bought,
      bought.map(() => share),
    ),
    "the training rows' share of buyers",
  );
};

const bidding: Quality = (holdout, predicted) => {
  const clicked = holdout('clicked');
  return {
    ...auc(clicked, predicted),
    naive: 0.5,
    naiveWhat: 'every impression the same probability',
    rows: clicked.length,
  };
};

const vision: Quality = (holdout, predicted, train) => {
  const label = holdout('label');
  const counts = Array.from({ length: CLASSES }, (_, c) => train('label').filter((l) => l === c).length);
  const common = counts.indexOf(Math.max(...counts));
  return compare(
    hits(label, largest(predicted, CLASSES)),
    hits(
      label,
      label.map(() => common),
    ),
    'the most common digit of the training rows',
  );
};

/** Each family's quality metric (families/<f>.ts `quality`) beside its naive baseline. */
export const QUALITY: Readonly<Record<Family, Quality>> = { ranking, forecasting, pricing, bidding, vision };
