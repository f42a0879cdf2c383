import { mean } from './compared.ts';

const SMALLEST = 1e-7;

/** −log of the probability given to what happened, one a row; probabilities are kept 1e-7 away from 0 and 1. */
export const logLosses = (labels: readonly number[], probabilities: readonly number[]): readonly number[] =>
  labels.map((label, i) => {
    const p = Math.min(1 - SMALLEST, Math.max(SMALLEST, probabilities[i] ?? Number.NaN));
    return -Math.log(label === 1 ? p : 1 - p);
  });

/** |truth − forecast| over the mean truth, one a row: their mean is WAPE. */
export function weightedErrors(truth: readonly number[], forecast: readonly number[]): readonly number[] {
  const level = mean(truth.map(Math.abs));
  return truth.map((t, i) => Math.abs(t - (forecast[i] ?? Number.NaN)) / level);
}

/** 1 where the guess is right. */
export const hits = (labels: readonly number[], guesses: readonly number[]): readonly number[] =>
  labels.map((label, i) => (label === guesses[i] ? 1 : 0));

/** Index of the largest of each row of `width` values. */
export const largest = (values: readonly number[], width: number): readonly number[] =>
  Array.from({ length: Math.floor(values.length / width) }, (_, row) => {
    const slice = values.slice(row * width, (row + 1) * width);
    return slice.indexOf(Math.max(...slice));
  });
