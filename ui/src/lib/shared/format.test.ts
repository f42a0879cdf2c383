import { expect, test } from 'vitest';
import {
  formatAbsolute,
  formatBytes,
  formatDuration,
  formatInterval,
  formatNumber,
  formatPercent,
  formatRate,
  formatRelative,
  formatSigned,
  humanize,
  plural,
  shortDigest,
} from './format.ts';

test.for([
  [0, '0'],
  [3, '3'],
  [1234.5, '1,235'],
  [12.345, '12.3'],
  [-0.01234, '−0.0123'],
  [0.00000034, '3.4e−7'],
  [Number.NaN, 'not a number'],
  [Number.NEGATIVE_INFINITY, '−∞'],
] as const)('number: %s is %s', ([value, want]) => {
  expect(formatNumber(value)).toBe(want);
});

test('a difference shows its sign', () => {
  expect(formatSigned(2)).toBe('+2');
  expect(formatSigned(-2)).toBe('−2');
  expect(formatSigned(0)).toBe('0');
});

test.for([
  {
    effect: { estimate: 3.21, lower: 1.13, upper: 5.29 },
    unit: 'cents per session',
    want: '+3.2 [1.1, 5.3] cents per session',
  },
  {
    effect: { estimate: -0.0123, lower: -0.0201, upper: -0.0045 },
    unit: '',
    want: '−0.012 [−0.020, −0.005]',
  },
  { effect: { estimate: 120.4, lower: 20, upper: 220.7 }, unit: 'units', want: '+120 [20, 221] units' },
  { effect: { estimate: -0.001, lower: -1.1, upper: 1.1 }, unit: '', want: '0.0 [−1.1, 1.1]' },
  {
    effect: { estimate: 1, lower: Number.NEGATIVE_INFINITY, upper: 2 },
    unit: '',
    want: '+1.000 [−∞, 2.000]',
  },
])('interval: $want', ({ effect, unit, want }) => {
  expect(formatInterval(effect, unit)).toBe(want);
});

test.for([
  [0, '0 %'],
  [0.0005, '0.05 %'],
  [0.051, '5.1 %'],
  [0.5, '50 %'],
  [1, '100 %'],
] as const)('percent: %s is %s', ([ratio, want]) => {
  expect(formatPercent(ratio)).toBe(want);
});

test('rates keep a decimal while they are small', () => {
  expect([0, 0.42, 9.96, 1234.6].map(formatRate)).toEqual(['0 /s', '0.4 /s', '10.0 /s', '1,235 /s']);
});

test.for([
  [340, '340 ms'],
  [65_000, '1 min 5 s'],
  [60_000, '1 min'],
  [90_061_000, '1 d 1 h'],
] as const)('duration: %s ms is %s', ([ms, want]) => {
  expect(formatDuration(ms)).toBe(want);
});

test.for([
  [0, 'now'],
  [12_000, '12 s ago'],
  [200_000, '3 min ago'],
  [-5_000, 'in 5 s'],
] as const)('relative: %s ms is %s', ([distance, want]) => {
  expect(formatRelative(1_000_000_000 - distance, 1_000_000_000)).toBe(want);
});

test('an absolute time names its zone', () => {
  expect(formatAbsolute(1_790_000_000_000)).toMatch(/^2026-09-2\d \d\d:\d\d:\d\d UTC[+−]\d\d:\d\d$/);
});

test('words', () => {
  expect(shortDigest('0123456789abcdef')).toBe('0123456789ab…');
  expect(plural(1, 'unit')).toBe('1 unit');
  expect(plural(2_000, 'unit')).toBe('2,000 units');
  expect(humanize('minUnitsPerArm')).toBe('min units per arm');
  expect(humanize('relative_bias')).toBe('relative bias');
});

test.for([
  [0, '0 bytes'],
  [1_023, '1,023 bytes'],
  [1_536, '1.5 KiB'],
  [3 * 1_024 ** 3, '3 GiB'],
] as const)('size: %s is %s', ([bytes, want]) => {
  expect(formatBytes(bytes)).toBe(want);
});
