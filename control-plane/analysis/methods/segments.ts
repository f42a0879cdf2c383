import { type Arm, differenceVariance } from '../arm.ts';
import { chiSquareUpper } from '../numeric/gamma.ts';
import { at } from '../numeric/sum.ts';
import { type Estimate, meanDifference, tEstimate } from './mean-difference.ts';
import { metaAnalysis } from './meta-analysis.ts';
import { multiplicity } from './multiplicity.ts';
import { priorOf, type Shrunk, shrink } from './shrinkage.ts';

export interface Segment {
  readonly segment: string;
  readonly control: Arm;
  readonly treatment: Arm;
}

export interface SegmentEffect {
  readonly segment: string;
  readonly raw: Estimate;
  /** Holm over the segments. */
  readonly adjustedP: number;
  readonly found: boolean;
  /** Towards the segments' common effect. */
  readonly shrunk: Shrunk;
}

export interface Heterogeneity {
  readonly segments: readonly SegmentEffect[];
  /** Cochran's Q: do the segments' effects differ at all? One number in place of a hunt through segments. */
  readonly q: number;
  readonly p: number;
}

/** Effects by segment, declared beforehand: two disjoint segments or more, n ≥ 2 and some variation in each. */
export function segmentEffects(segments: readonly Segment[], alpha = 0.05): Heterogeneity {
  const raw = segments.map(({ control, treatment }) => meanDifference(control, treatment, { alpha }));
  const effects = raw.map((each) => each.effect);
  const variances = segments.map(({ control, treatment }) => differenceVariance(control, treatment));
  const prior = priorOf(effects, variances);
  const { adjusted } = multiplicity(
    raw.map((each) => each.p),
    { procedure: 'holm', alpha },
  );
  const { q } = metaAnalysis(effects, variances);
  return {
    q,
    p: chiSquareUpper(q, segments.length - 1),
    segments: segments.map(({ segment }, i) => ({
      segment,
      raw: raw[i] as Estimate,
      adjustedP: at(adjusted, i),
      found: at(adjusted, i) <= alpha,
      shrunk: shrink(at(effects, i), at(variances, i), prior, alpha),
    })),
  };
}

/** Units by their arms in two experiments at once: [first][second], 0 control, 1 treatment. */
export type Crossed = readonly [readonly [Arm, Arm], readonly [Arm, Arm]];

/**
 * Interaction of two experiments: by how much the first's effect differs where the second's treatment is on. Welch's test of the
 * difference of two independent differences, with Satterthwaite's degrees of freedom over the four cells.
 */
export function interaction(cells: Crossed, alpha = 0.05): Estimate {
  const [[a, b], [c, d]] = cells;
  const off = meanDifference(a, c, { alpha });
  const on = meanDifference(b, d, { alpha });
  const parts = [a, b, c, d].map((cell) => cell.variance / cell.n);
  const total = parts.reduce((x, y) => x + y, 0);
  const df = total ** 2 / [a, b, c, d].reduce((x, cell, i) => x + at(parts, i) ** 2 / (cell.n - 1), 0);
  return tEstimate({ effect: on.effect - off.effect, se: Math.sqrt(total), df }, alpha);
}
