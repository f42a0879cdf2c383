import { formatAbsolute, formatDuration, formatNumber } from '../shared/format.ts';
import type { Scalar } from '../shared/json-shape.ts';

const HEX = /^[0-9a-f]{32,}$/;
const MOMENT = /^at$|(^at|At|since|Since)Ms$/;

/** A number with the unit that its key ends in: times as times, durations as durations. */
function numberText(key: string, value: number): string {
  if (MOMENT.test(key)) return formatAbsolute(value);
  if (key.endsWith('Ms')) return formatDuration(value);
  if (key.endsWith('Us')) return `${formatNumber(value / 1_000, 4)} ms`;
  return formatNumber(value, 4);
}

/** How a value of an evidence is shown under its key; digests are cut to what an eye compares. */
export function scalarText(key: string, value: Scalar | undefined): string {
  if (value === undefined) return '–';
  if (value === null) return 'none';
  if (typeof value === 'number') return numberText(key, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return HEX.test(value) ? `${value.slice(0, 12)}…` : value;
}
