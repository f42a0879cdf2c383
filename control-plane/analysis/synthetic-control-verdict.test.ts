import { type Prng, prng } from '@assay/domain/prng';
import { describe, expect, test } from 'vitest';
import { type PanelInput, syntheticControlVerdict } from './synthetic-control-verdict.ts';

interface Law {
  readonly units: number;
  readonly effect: number;
  readonly noise: number;
  /** Serial correlation of a unit's noise. */
  readonly ar: number;
}

/** Level + common season + two factors with unit loadings + noise. */
function panel(
  random: Prng,
  { units, effect, noise, ar }: Law,
  prePeriods = 30,
  postPeriods = 20,
): number[][] {
  const periods = prePeriods + postPeriods;
  const season = Array.from({ length: periods }, (_, t) => 3 * Math.sin((2 * Math.PI * t) / 7));
  const factors = [0, 1].map(() => {
    let level = 0;
    return Array.from({ length: periods }, () => {
      level = 0.8 * level + random.normal();
      return level;
    });
  });
  return Array.from({ length: units }, (_, unit) => {
    const level = 50 + 10 * random.normal();
    const loadings = [0.5 + random.next(), random.next()];
    let shock = random.normal() * noise;
    return Array.from({ length: periods }, (__, t) => {
      shock = ar * shock + Math.sqrt(1 - ar * ar) * noise * random.normal();
      const common = factors.reduce((sum, f, k) => sum + (f[t] ?? 0) * (loadings[k] ?? 0), 0);
      return level + (season[t] ?? 0) + common + shock + (unit === 0 && t >= prePeriods ? effect : 0);
    });
  });
}

const input = (outcomes: number[][], change: Partial<PanelInput> = {}): PanelInput => ({
  metric: 'cost',
  better: 'lower',
  units: outcomes.map((_, i) => `store-${i}`),
  outcomes,
  treated: 0,
  prePeriods: 30,
  alpha: 0.05,
  smallestEffect: 0.1,
  ...change,
});

function operating(
  seed: string,
  law: Law,
  runs: number,
): { coverage: number; refused: number; kinds: Record<string, number> } {
  const random = prng(seed);
  const kinds: Record<string, number> = {};
  let [covered, judged] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const { kind, effect } = syntheticControlVerdict(input(panel(random, law)));
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (effect === null) continue;
    judged += 1;
    if (effect.lower <= law.effect && law.effect <= effect.upper) covered += 1;
  }
  return { coverage: covered / judged, refused: 1 - judged / runs, kinds };
}

describe('operating characteristics', () => {
  const laws: (Law & { name: string })[] = [
    { name: '24 units, white noise', units: 24, effect: -2, noise: 1, ar: 0 },
    { name: '24 units, correlated noise', units: 24, effect: 0, noise: 1, ar: 0.5 },
    { name: '24 units, noise that swamps the factors', units: 24, effect: 1, noise: 4, ar: 0 },
    { name: '12 units (t interval)', units: 12, effect: -2, noise: 1, ar: 0.3 },
  ];
  // 300 panels: the Monte-Carlo error of a coverage of 0.95 is 0.0126.
  test.for(laws)('$name: the 95 % interval covers in at least 92 % of panels', (law) => {
    const { coverage, refused } = operating(law.name, law, 300);
    expect(coverage).toBeGreaterThan(0.92);
    expect(refused).toBeLessThan(0.1);
  });

  test('power: an effect of two noise deviations ships in at least 80 % of panels', () => {
    const { kinds } = operating('power', { units: 24, effect: -2, noise: 1, ar: 0 }, 100);
    expect(kinds.ship ?? 0).toBeGreaterThan(80);
    expect(kinds['roll-back'] ?? 0).toBe(0);
  });

  test('harm is rolled back, not shipped', () => {
    const { kinds } = operating('harm', { units: 24, effect: 3, noise: 1, ar: 0 }, 50);
    expect(kinds['roll-back'] ?? 0).toBeGreaterThan(40);
    expect(kinds.ship ?? 0).toBe(0);
  });
});

describe('refusals', () => {
  const law: Law = { units: 24, effect: -2, noise: 1, ar: 0 };
  const outcomes = panel(prng('refusals'), law);
  const holed = (unit: number): number[][] =>
    outcomes.map((row, i) => row.map((x, t) => (i === unit && t === 3 ? Number.NaN : x)));

  test('a treated unit that donors cannot imitate', () => {
    const wild = outcomes.map((row, i) => (i === 0 ? row.map((x, t) => x + 15 * Math.sin(t)) : row));
    const verdict = syntheticControlVerdict(input(wild));
    expect(verdict.kind).toBe('refused');
    expect(verdict.reasons.join()).toMatch(/pre-period fit is poor: RMSPE .* median donor/);
    expect(verdict.effect).toBeNull();
    expect(verdict.preRmspe).toBeGreaterThan(1);
  });

  const cases: { name: string; given: PanelInput; kind: string; reason: RegExp }[] = [
    {
      name: 'a hole in the treated unit',
      given: input(holed(0)),
      kind: 'no-data',
      reason: /"store-0" has no outcome/,
    },
    {
      name: 'few pre-periods',
      given: input(outcomes, { prePeriods: 7 }),
      kind: 'no-data',
      reason: /7 pre-periods, 8 needed/,
    },
    {
      name: 'no post-period',
      given: input(outcomes, { prePeriods: 50 }),
      kind: 'no-data',
      reason: /no post-period/,
    },
    {
      name: 'few donors',
      given: input(outcomes.slice(0, 5)),
      kind: 'no-data',
      reason: /4 donors without a hole, 6 needed/,
    },
    { name: 'no such unit', given: input(outcomes, { treated: 24 }), kind: 'no-data', reason: /no unit 24/ },
    { name: 'ragged', given: input([...outcomes.slice(1), [1]]), kind: 'no-data', reason: /ragged/ },
    {
      name: 'constant',
      given: input(outcomes.map(() => new Array(50).fill(1))),
      kind: 'refused',
      reason: /no variation/,
    },
  ];
  test.for(cases)('$name → $kind', ({ given, kind, reason }) => {
    const verdict = syntheticControlVerdict(given);
    expect(verdict.kind).toBe(kind);
    expect(verdict.reasons.join()).toMatch(reason);
  });

  test('a donor with a hole is left out, the rest goes on', () => {
    const verdict = syntheticControlVerdict(input(holed(5)));
    expect(verdict.weights.map((w) => w.unit)).not.toContain('store-5');
    expect(verdict.effect).not.toBeNull();
  });
});

test('weights are on the simplex, the path is observed minus gap, and a shift of level changes nothing', () => {
  const outcomes = panel(prng('shape'), { units: 24, effect: -2, noise: 1, ar: 0 });
  const verdict = syntheticControlVerdict(input(outcomes));
  const total = verdict.weights.reduce((sum, { weight }) => sum + weight, 0);
  expect(total).toBeCloseTo(1, 12);
  expect(Math.min(...verdict.weights.map(({ weight }) => weight))).toBeGreaterThanOrEqual(0);
  const post = verdict.path.slice(30).map(({ observed, synthetic }) => observed - synthetic);
  expect(post.reduce((a, b) => a + b, 0) / post.length).toBeCloseTo(
    verdict.effect?.estimate ?? Number.NaN,
    10,
  );
  const lifted = syntheticControlVerdict(input(outcomes.map((row, i) => row.map((x) => x + 100 * i))));
  expect(lifted.effect?.estimate).toBeCloseTo(verdict.effect?.estimate ?? Number.NaN, 8);
});

test('a worse post-period never betters the verdict', () => {
  const RANK = ['roll-back', 'keep-champion', 'inconclusive', 'ship'];
  const outcomes = panel(prng('monotone'), { units: 24, effect: 0, noise: 1, ar: 0 });
  const kinds = [-6, -3, -2, -1, -0.5, 0, 0.5, 1, 3].map((effect) => {
    const moved = outcomes.map((row, i) => row.map((x, t) => (i === 0 && t >= 30 ? x + effect : x)));
    return RANK.indexOf(syntheticControlVerdict(input(moved)).kind);
  });
  expect(kinds).toEqual([...kinds].sort((a, b) => b - a));
  expect(kinds[0]).toBe(3);
  expect(kinds.at(-1)).toBe(0);
});
