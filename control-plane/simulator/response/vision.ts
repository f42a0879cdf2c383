import type { DrawnOutcome } from '../pool-row.ts';
import { type ResponseModel, scalar } from './response-model.ts';

/** One real 8 × 8 image, 0 (paper) to 16 (ink), row-major, and the digit it shows. */
export interface VisionRow {
  readonly pixels: readonly number[];
  readonly label: number;
}

/** Cents. A person who looks decides rightly. */
const COST = { misread: 100, review: 15 } as const;

function cost(row: VisionRow, label: number, reviewed: boolean): Record<string, number> {
  if (reviewed) return { handling_cents: COST.review, misreads: 0 };
  const wrong = label === row.label ? 0 : 1;
  return { handling_cents: COST.misread * wrong, misreads: wrong };
}

/** Nothing is random here: the truth is the label. */
export const vision: ResponseModel<VisionRow> = {
  expected: (row, served) => cost(row, scalar(served, 'label'), scalar(served, 'review') === 1),
  draw: (row, served): DrawnOutcome => ({
    metrics: cost(row, scalar(served, 'label'), scalar(served, 'review') === 1),
    labels: { label: row.label },
  }),
};
