import type { MetricPoint } from '@assay/domain/ports/registry-reader';
import { linearScale, logScale, type Scale } from '../shared/scale.ts';
import { numberOf } from './words.ts';

export type YScale = 'linear' | 'log';
export type XAxis = 'step' | 'elapsed';

/** One run's history of one metric. */
export interface Series {
  readonly id: string;
  readonly name: string;
  readonly points: readonly MetricPoint[];
}

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface MetricLines {
  readonly x: Scale;
  readonly y: Scale;
  /** SVG path data a series, in their order; a point alone is a dot. */
  readonly lines: readonly { readonly path: string; readonly dots: readonly (readonly [number, number])[] }[];
  /** Points that cannot be drawn: not finite, or not positive on a scale of decades. */
  readonly left: number;
}

/** Milliseconds since the run's first point, or the step. */
export const xOf = (series: Series, axis: XAxis, point: MetricPoint): number =>
  axis === 'step' ? point.step : point.atMs - (series.points[0]?.atMs ?? 0);

const isDrawn = (value: number, scale: YScale): boolean =>
  Number.isFinite(value) && (scale === 'linear' || value > 0);

export function metricLines(
  all: readonly Series[],
  { axis, scale, box }: { readonly axis: XAxis; readonly scale: YScale; readonly box: Box },
): MetricLines {
  const placed = all.map((series) =>
    series.points.map((p) => [xOf(series, axis, p), numberOf(p.value)] as const),
  );
  const drawn = placed.flat().filter(([, value]) => isDrawn(value, scale));
  const x = linearScale(extent(placed.flat().map(([at]) => at)), [box.left, box.width - box.right]);
  const range = [box.height - box.bottom, box.top] as const;
  const domain = padded(extent(drawn.map(([, value]) => value)), scale);
  const y = scale === 'log' ? logScale(domain, range) : linearScale(domain, range);
  return {
    x,
    y,
    lines: placed.map((points) => lineOf(points, (value) => isDrawn(value, scale), x, y)),
    left: placed.flat().length - drawn.length,
  };
}

/** A loop: a history has more points than a call takes arguments. */
function extent(values: readonly number[]): [number, number] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < from) from = value;
    if (value > to) to = value;
  }
  return from > to ? [0, 1] : [from, to];
}

const MARGIN = 0.05;

function padded([from, to]: readonly [number, number], scale: YScale): [number, number] {
  if (scale === 'log') {
    const [low, high] = from > 0 ? [from, to] : [0.1, 1];
    return low === high ? [low / 2, high * 2] : [low, high];
  }
  if (from === to) return from === 0 ? [-1, 1] : [from - Math.abs(from) * 0.1, to + Math.abs(to) * 0.1];
  const margin = (to - from) * MARGIN;
  return [from - margin, to + margin];
}

const at = (value: number): string => value.toFixed(1);

/** What cannot be drawn breaks the line: nobody shall see a value where there was none. */
function lineOf(
  points: readonly (readonly [number, number])[],
  drawn: (value: number) => boolean,
  x: Scale,
  y: Scale,
): MetricLines['lines'][number] {
  let path = '';
  const dots: [number, number][] = [];
  points.forEach(([px, value], i) => {
    if (!drawn(value)) return;
    const isStart = i === 0 || !drawn(points[i - 1]?.[1] ?? Number.NaN);
    const isEnd = i === points.length - 1 || !drawn(points[i + 1]?.[1] ?? Number.NaN);
    if (isStart && isEnd) dots.push([x(px), y(value)]);
    else path += `${isStart ? 'M' : 'L'}${at(x(px))} ${at(y(value))}`;
  });
  return { path, dots };
}

/** All places on the x axis, ascending, each once. */
export const placesOf = (all: readonly Series[], axis: XAxis): readonly number[] =>
  [...new Set(all.flatMap((series) => series.points.map((p) => xOf(series, axis, p))))].sort((a, b) => a - b);

/** The series' last point up to a place: runs log at different steps. */
export function pointAt(series: Series, axis: XAxis, place: number): MetricPoint | undefined {
  return series.points.findLast((p) => xOf(series, axis, p) <= place);
}

/** Index of the place nearest to a pixel; -1 when there is none. */
export function nearestPlace(places: readonly number[], x: Scale, px: number): number {
  let [best, distance] = [-1, Number.POSITIVE_INFINITY];
  for (const [i, place] of places.entries()) {
    const d = Math.abs(x(place) - px);
    if (d < distance) [best, distance] = [i, d];
  }
  return best;
}

/** At most `most` of them, evenly, first and last included: what a table can show. */
export function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)] as T);
}

const DASHES = ['', '7 3', '2 3', '9 3 2 3'] as const;
const COLOURS = 8;

/** Colour and dash of the series at an index: eight colours, then the same ones dashed. */
export const strokeOf = (index: number): { readonly colour: string; readonly dash: string } => ({
  colour: `var(--series-${(index % COLOURS) + 1})`,
  dash: DASHES[Math.floor(index / COLOURS) % DASHES.length] ?? '',
});
