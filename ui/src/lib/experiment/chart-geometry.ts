import type { ExperimentLook } from '@assay/domain/experiment';
import { linearScale, type Scale } from '../shared/scale.ts';

export interface ChartBox {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface ChartGeometry {
  readonly x: Scale;
  readonly y: Scale;
  /** SVG path data. */
  readonly estimate: string;
  readonly interval: string;
  /** Empty where the method has no always-valid interval. */
  readonly sequence: string;
}

/** `lines`: values that must be inside, such as zero and the smallest effect of interest. */
export function chartGeometry(
  looks: readonly ExperimentLook[],
  lines: readonly number[],
  box: ChartBox,
): ChartGeometry {
  const first = looks[0]?.atMs ?? 0;
  const last = looks.at(-1)?.atMs ?? 1;
  const x = linearScale([first, last], [box.left, box.width - box.right]);
  const y = linearScale(valueDomain(looks, lines), [box.height - box.bottom, box.top]);
  const withSequence = looks.filter(hasSequence);
  return {
    x,
    y,
    estimate: line(looks.map((l) => [x(l.atMs), y(l.estimate)])),
    interval: band(looks.map((l) => [x(l.atMs), y(l.lower), y(l.upper)])),
    sequence: band(withSequence.map((l) => [x(l.atMs), y(l.sequenceLower), y(l.sequenceUpper)])),
  };
}

type SequenceLook = ExperimentLook & { readonly sequenceLower: number; readonly sequenceUpper: number };
const hasSequence = (l: ExperimentLook): l is SequenceLook =>
  l.sequenceLower !== null && l.sequenceUpper !== null;

/** First looks have intervals many times wider than the effect; the axis follows the later half and cuts those off. */
export function valueDomain(looks: readonly ExperimentLook[], lines: readonly number[]): [number, number] {
  const later = looks.slice(Math.floor(looks.length / 2));
  const values = later
    .flatMap((l) => [l.lower, l.upper, l.sequenceLower ?? l.lower, l.sequenceUpper ?? l.upper])
    .concat(lines)
    .filter(Number.isFinite);
  const from = Math.min(...values);
  const to = Math.max(...values);
  if (!(to > from)) return Number.isFinite(from) ? [from - 1, from + 1] : [-1, 1];
  const margin = (to - from) * 0.08;
  return [from - margin, to + margin];
}

const round = (value: number): string => value.toFixed(1);

const line = (points: readonly (readonly [number, number])[]): string =>
  points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${round(px)} ${round(py)}`).join('');

/** Out along the lower ends, back along the upper ones. */
function band(points: readonly (readonly [number, number, number])[]): string {
  if (points.length === 0) return '';
  const out = points.map(([px, lower]) => [px, lower] as const);
  const back = points.map(([px, , upper]) => [px, upper] as const).reverse();
  return `${line([...out, ...back])}Z`;
}

/** Index of the look whose time is nearest to a pixel; -1 when there is none. */
export function nearestLook(looks: readonly ExperimentLook[], x: Scale, px: number): number {
  let best = -1;
  let distance = Number.POSITIVE_INFINITY;
  for (const [i, look] of looks.entries()) {
    const d = Math.abs(x(look.atMs) - px);
    if (d < distance) [best, distance] = [i, d];
  }
  return best;
}
