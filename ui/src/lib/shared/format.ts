/** Numbers and times as people read them. The minus is U+2212, so that it is as wide as the plus. */

const MINUS = '−';
const signs = (text: string): string => text.replace('-', MINUS);

/** About three significant digits: 1,234 · 12.3 · 0.012 · 3.4e-7. */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? '∞' : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return signs(value.toExponential(Math.max(0, digits - 2)));
  if (size >= 1e15) return signs(value.toExponential(2));
  if (Number.isInteger(value) || size >= 10 ** digits)
    return signs(Math.round(value).toLocaleString('en-US'));
  return signs(value.toLocaleString('en-US', { maximumSignificantDigits: digits, useGrouping: true }));
}

/** With a plus where it is positive: a difference. */
export const formatSigned = (value: number, digits = 3): string =>
  value > 0 ? `+${formatNumber(value, digits)}` : formatNumber(value, digits);

export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** “+3.2 [1.1, 5.3] cents per session”: all three to the precision that the interval's width supports. */
export function formatInterval(effect: Interval, unit = ''): string {
  const decimals = decimalsFor(effect.upper - effect.lower);
  const fixed = (value: number): string => {
    if (!Number.isFinite(value)) return formatNumber(value);
    const text = value.toLocaleString('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    return signs(Number(value.toFixed(decimals)) === 0 ? text.replace('-', '') : text);
  };
  const estimate = fixed(effect.estimate);
  const sign = effect.estimate > 0 && Number(effect.estimate.toFixed(decimals)) !== 0 ? '+' : '';
  const range = `[${fixed(effect.lower)}, ${fixed(effect.upper)}]`;
  return `${sign}${estimate} ${range}${unit === '' ? '' : ` ${unit}`}`;
}

/** Two digits of the width, as measurements are reported. */
const decimalsFor = (width: number): number =>
  Number.isFinite(width) && width > 0 ? Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(width)))) : 3;

/** A ratio in [0, 1] as per cent. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent !== 0 && Math.abs(percent) < 0.1) return signs(`${percent.toPrecision(1)} %`);
  return signs(`${Number(percent.toFixed(Math.abs(percent) < 10 ? 1 : 0))} %`);
}

export const formatRate = (perSecond: number): string =>
  `${perSecond === 0 ? '0' : perSecond < 10 ? perSecond.toFixed(1) : formatNumber(Math.round(perSecond))} /s`;

const SIZES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** “512 bytes”, “1.5 MiB”. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1_024 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${formatNumber(bytes / 1_024 ** power)} ${SIZES[power]}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** The two largest parts: “2 d 4 h”, “1 min 5 s”, “340 ms”. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const from = UNITS.findIndex(([, size]) => ms >= size);
  const parts: string[] = [];
  let rest = ms;
  for (const [name, size] of UNITS.slice(from, from + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}

/** “now”, “12 s ago”, “3 min ago”, “in 5 s”. */
export function formatRelative(atMs: number, nowMs: number): string {
  const distance = nowMs - atMs;
  const size = Math.abs(distance);
  if (size < 1_500) return 'now';
  const [name, unit] = UNITS.find(([, ms]) => size >= ms) ?? UNITS[3];
  const text = `${Math.floor(size / unit)} ${name}`;
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** Local time of day, to the second. */
export function formatClock(atMs: number): string {
  const date = new Date(atMs);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** Local date and time with its offset from UTC: what the title of every time says. */
export function formatAbsolute(atMs: number): string {
  const date = new Date(atMs);
  const offset = -date.getTimezoneOffset();
  const zone = `UTC${offset < 0 ? MINUS : '+'}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${formatClock(atMs)} ${zone}`;
}

/** First twelve digits: enough to compare by eye. */
export const shortDigest = (hex: string): string => (hex.length > 12 ? `${hex.slice(0, 12)}…` : hex);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;

/** “minUnitsPerArm” and “min_units_per_arm” → “min units per arm”. */
export const humanize = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
    .replace(/ [mu]s$/, '');
