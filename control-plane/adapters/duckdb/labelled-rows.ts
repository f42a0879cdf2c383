import { FAMILIES } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import { RANKING_FEATURES } from '@assay/domain/families/ranking';
import { VISION_SIDE } from '@assay/domain/families/vision';

/** One served prediction with its labels; tensors by name, only where the family's rows need them. */
export interface LabelledPrediction {
  readonly number: number;
  readonly features: readonly number[];
  readonly labels: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

/** A family's rows in the columns of the trainer contract (workflows/trainers/README.md). */
export interface LabelledFormat {
  readonly header: readonly string[];
  /** Do rows need the tensors' bytes, or are the analysis columns enough? */
  readonly tensors: boolean;
  /** No rows where a label or a feature is missing. */
  readonly rows: (p: LabelledPrediction) => readonly (readonly number[])[];
}

const PIXELS = VISION_SIDE * VISION_SIDE;

/** Features as logged, then labels as told by outcomes. */
function plain(family: Family, labelColumns: readonly string[]): LabelledFormat {
  const { featureNames } = FAMILIES[family];
  return {
    header: [...featureNames, ...labelColumns],
    tensors: false,
    rows: ({ features, labels }) => {
      const told = labelColumns.map((name) => labels[name] ?? Number.NaN);
      return features.length === featureNames.length && told.every(Number.isFinite)
        ? [[...features, ...told]]
        : [];
    },
  };
}

const vision: LabelledFormat = {
  header: [...Array.from({ length: PIXELS }, (_, i) => `px${i}`), 'label'],
  tensors: true,
  rows: ({ inputs, labels }) => {
    const image = inputs.image ?? [];
    const label = labels.label;
    return image.length === PIXELS && label !== undefined ? [[...image, label]] : [];
  },
};

const RANKING_LABELS = ['session', 'position', 'shown', 'clicked', 'ordered', 'margin_cents'] as const;

/** One row a listed item; what happened at slot k comes as labels `clicked_<k>`, `ordered_<k>`, `margin_cents_<k>`. */
const ranking: LabelledFormat = {
  header: [...RANKING_FEATURES, ...RANKING_LABELS],
  tensors: true,
  rows: ({ number, inputs, outputs, labels }) => {
    const width = RANKING_FEATURES.length;
    const candidates = inputs.item_id ?? [];
    const features = inputs.features ?? [];
    return (outputs.item_id ?? []).flatMap((id, slot) => {
      const at = candidates.indexOf(id);
      const clicked = labels[`clicked_${slot}`];
      if (at < 0 || clicked === undefined) return [];
      const row = features.slice(at * width, (at + 1) * width);
      const told = [clicked, labels[`ordered_${slot}`] ?? 0, labels[`margin_cents_${slot}`] ?? 0];
      return [[...row, number, slot + 1, 1, ...told]];
    });
  },
};

export const LABELLED: Readonly<Record<Family, LabelledFormat>> = {
  ranking,
  vision,
  forecasting: plain('forecasting', ['level', 'store', 'day', 'demand']),
  pricing: plain('pricing', ['bought', 'reference_price', 'cost']),
  bidding: plain('bidding', ['clicked', 'click_value_cents']),
};
