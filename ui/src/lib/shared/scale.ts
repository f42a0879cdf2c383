export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

/** Linear map of a domain onto pixels; an empty domain maps to the middle. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const width = domain[1] - domain[0];
  const map = (value: number): number =>
    width === 0
      ? (range[0] + range[1]) / 2
      : range[0] + ((value - domain[0]) / width) * (range[1] - range[0]);
  return Object.assign(map, { domain });
}

/** As `linearScale`, by decades; the domain must be positive. */
export function logScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const linear = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range);
  return Object.assign((value: number): number => linear(Math.log10(value)), { domain });
}

/** Powers of ten inside the domain, at most `count` of them; round values where it holds fewer than two. */
export function logTicks([from, to]: readonly [number, number], count: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9);
  const last = Math.floor(Math.log10(to) + 1e-9);
  if (last - first < 1) return niceTicks([from, to], count);
  const every = Math.ceil((last - first + 1) / count);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => 10 ** (first + i * every));
}

/** About `count` round values (1, 2 or 5 times a power of ten) inside the domain. */
export function niceTicks([from, to]: readonly [number, number], count: number): number[] {
  if (!(to > from) || count < 1) return [from];
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((m) => m * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) {
    // Rounded to the step's own decimals, or 0.1 + 0.2 would be printed.
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

const TIME_STEPS_MS = [
  1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
  10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
] as const;

/** Times since `from` at round distances, at most `count` + 1 of them. */
export function elapsedTicks([from, to]: readonly [number, number], count: number): number[] {
  const span = to - from;
  const step = TIME_STEPS_MS.find((ms) => span / ms <= count) ?? span / count;
  const ticks: number[] = [];
  for (let ms = 0; ms <= span && step > 0; ms += step) ticks.push(from + ms);
  return ticks;
}
