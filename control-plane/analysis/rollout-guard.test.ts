import { type Prng, prng } from '@assay/domain/prng';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Arm } from './arm.ts';
import { guardLook, MIN_UNITS_PER_ARM, minUnitsForRate, splitAlpha } from './rollout-guard.ts';

/** Welford's running mean and variance: the test looks after every batch. */
class Running {
  n = 0;
  mean = 0;
  private squares = 0;
  add(x: number): void {
    this.n += 1;
    const d = x - this.mean;
    this.mean += d / this.n;
    this.squares += d * (x - this.mean);
  }
  arm(): Arm {
    return { n: this.n, mean: this.mean, variance: this.n < 2 ? 0 : this.squares / (this.n - 1) };
  }
}

type Law = (random: Prng) => number;
const bernoulli =
  (p: number): Law =>
  (r) =>
    r.next() < p ? 1 : 0;
const lognormal =
  (shift: number): Law =>
  (r) =>
    Math.exp(0.5 * r.normal()) + shift;

interface Ramp {
  readonly control: Law;
  readonly treatment: Law;
  readonly harm: 'decrease' | 'increase';
  readonly tolerance?: number;
  readonly alpha: number;
  /** Canary's share of traffic at each quarter of the ramp. */
  readonly weights: readonly number[];
}

/** Unit number at which the guard first says harm, or null; it looks every 20 units. */
function firstHarm(random: Prng, ramp: Ramp, units: number): number | null {
  const [control, treatment] = [new Running(), new Running()];
  for (let i = 1; i <= units; i++) {
    const weight = ramp.weights[Math.floor(((i - 1) / units) * ramp.weights.length)] ?? 0;
    if (random.next() < weight) treatment.add(ramp.treatment(random));
    else control.add(ramp.control(random));
    if (i % 20 !== 0) continue;
    const look = guardLook({
      control: control.arm(),
      treatment: treatment.arm(),
      harm: ramp.harm,
      tolerance: ramp.tolerance ?? 0,
      alpha: ramp.alpha,
      tuning: units / 2,
      minUnits: MIN_UNITS_PER_ARM,
    });
    if (look.kind === 'harm') return i;
  }
  return null;
}

const share = (seed: string, ramp: Ramp, { runs, units }: { runs: number; units: number }): number => {
  const random = prng(seed);
  let stopped = 0;
  for (let run = 0; run < runs; run++) if (firstHarm(random, ramp, units) !== null) stopped += 1;
  return stopped / runs;
};

const WEIGHTS = [0.05, 0.2, 0.5, 0.5];

describe('false rollbacks under continuous peeking, weight moving from 5 to 50 %', () => {
  // 500 runs: at the stated 5 % the count is below 38 with probability 0.99, so that a rate above 7.5 % shows.
  const cases: (Ramp & { name: string })[] = (['decrease', 'increase'] as const).flatMap((harm) => [
    {
      name: `bernoulli 0.1, ${harm}`,
      control: bernoulli(0.1),
      treatment: bernoulli(0.1),
      harm,
      alpha: 0.05,
      weights: WEIGHTS,
    },
    {
      name: `lognormal margin, ${harm}`,
      control: lognormal(0),
      treatment: lognormal(0),
      harm,
      alpha: 0.05,
      weights: WEIGHTS,
    },
  ]);
  test.for(cases)('$name: at most alpha', (ramp) => {
    expect(share(ramp.name, ramp, { runs: 500, units: 6000 })).toBeLessThan(0.05 + 0.025);
  });

  test('a worsening that is tolerated is no harm; one beyond it is caught', () => {
    const worseBy = (shift: number): Ramp => ({
      ...{ control: lognormal(0), treatment: lognormal(-shift) },
      ...{ harm: 'decrease', tolerance: 0.1, alpha: 0.05, weights: WEIGHTS },
    });
    expect(share('tolerated', worseBy(0.1), { runs: 300, units: 6000 })).toBeLessThan(0.05 + 0.03);
    expect(share('beyond', worseBy(0.2), { runs: 100, units: 6000 })).toBeGreaterThan(0.9);
  });

  test('a naive test, looked at as often, does not pass this check', () => {
    const random = prng('naive');
    let stopped = 0;
    for (let run = 0; run < 100; run++) {
      const [a, b] = [new Running(), new Running()];
      for (let i = 1; i <= 4000; i++) {
        (random.next() < 0.5 ? a : b).add(random.normal());
        const z = (b.mean - a.mean) / Math.sqrt(a.arm().variance / a.n + b.arm().variance / b.n);
        if (i > 400 && i % 20 === 0 && z < -1.645) {
          stopped += 1;
          break;
        }
      }
    }
    expect(stopped / 100).toBeGreaterThan(0.075);
  });
});

describe('power', () => {
  test('a conversion that falls from 10 % to 7 % is caught in at least 80 % of ramps of 6000 units', () => {
    const ramp: Ramp = {
      control: bernoulli(0.1),
      treatment: bernoulli(0.07),
      harm: 'decrease',
      alpha: 0.05,
      weights: WEIGHTS,
    };
    expect(share('power', ramp, { runs: 200, units: 6000 })).toBeGreaterThan(0.8);
  });

  test('harm in the other direction is not rolled back', () => {
    const ramp: Ramp = {
      control: bernoulli(0.1),
      treatment: bernoulli(0.15),
      harm: 'decrease',
      alpha: 0.05,
      weights: WEIGHTS,
    };
    expect(share('other side', ramp, { runs: 50, units: 6000 })).toBe(0);
  });
});

describe('guardLook', () => {
  const arm = fc.record({
    n: fc.integer({ min: 300, max: 100_000 }),
    mean: fc.double({ min: -100, max: 100, noNaN: true }),
    variance: fc.double({ min: 0.01, max: 100, noNaN: true }),
  });
  const rest = { tolerance: 0, alpha: 0.01, tuning: 5000, minUnits: 200 };

  test('swapping the arms and the direction of harm flips signs and changes nothing else', () => {
    fc.assert(
      fc.property(arm, arm, (a, b) => {
        const one = guardLook({ control: a, treatment: b, harm: 'decrease', ...rest });
        const two = guardLook({ control: b, treatment: a, harm: 'increase', ...rest });
        expect(two.kind).toBe(one.kind);
        expect(two.p).toBe(one.p);
        expect(two.effect).toBe(one.effect === null ? null : 0 - one.effect);
        expect(two.lower).toBe(one.upper === null ? null : 0 - one.upper);
      }),
    );
  });

  test('a tolerance moves the tested hypothesis, not the estimate; its bound excludes the tolerance', () => {
    fc.assert(
      fc.property(arm, arm, fc.double({ min: 0, max: 10, noNaN: true }), (control, treatment, tolerance) => {
        const strict = guardLook({ control, treatment, harm: 'increase', ...rest });
        const look = guardLook({ control, treatment, harm: 'increase', ...rest, tolerance });
        if (look.lower === null || strict.lower === null) return;
        expect(look.effect).toBeCloseTo(strict.effect, 9);
        expect(look.lower).toBeCloseTo(strict.lower, 9);
        if (Math.abs(look.lower - tolerance) > 1e-9)
          expect(look.kind === 'harm').toBe(look.lower > tolerance);
      }),
    );
  });

  test('a worse canary never turns harm into ok', () => {
    fc.assert(
      fc.property(arm, arm, fc.double({ min: 0, max: 50, noNaN: true }), (control, treatment, worse) => {
        const first = guardLook({ control, treatment, harm: 'decrease', ...rest });
        const second = guardLook({
          control,
          treatment: { ...treatment, mean: treatment.mean - worse },
          harm: 'decrease',
          ...rest,
        });
        expect(first.kind === 'harm' && second.kind === 'ok').toBe(false);
      }),
    );
  });

  test('says harm exactly when the bound on the side of harm excludes 0', () => {
    fc.assert(
      fc.property(arm, arm, (control, treatment) => {
        const look = guardLook({ control, treatment, harm: 'decrease', ...rest });
        if (look.upper !== null && Math.abs(look.upper) > 1e-9)
          expect(look.kind === 'harm').toBe(look.upper < 0);
      }),
    );
  });

  test('cannot say anything below the least number of units, or from numbers that are none', () => {
    const good = { n: 500, mean: 1, variance: 1 };
    const input = { control: good, treatment: { ...good, n: 199 }, harm: 'decrease' as const, ...rest };
    expect(guardLook(input).kind).toBe('no-data');
    expect(guardLook({ ...input, treatment: { n: 500, mean: Number.NaN, variance: 1 } }).kind).toBe(
      'no-data',
    );
    expect(guardLook({ ...input, treatment: { n: 500, mean: 0, variance: 1 } }).kind).toBe('harm');
  });

  test('constant metrics: equal is ok, worse is harm', () => {
    const flat = (value: number): Arm => ({ n: 500, mean: value, variance: 0 });
    const look = (value: number) =>
      guardLook({ control: flat(0), treatment: flat(value), harm: 'increase', ...rest }).kind;
    expect(look(0)).toBe('ok');
    expect(look(1)).toBe('harm');
    expect(look(-1)).toBe('ok');
  });

  test('alpha is split evenly and a rare event needs more units', () => {
    expect(splitAlpha(0.01, 4)).toBe(0.0025);
    expect(splitAlpha(0.01, 0)).toBe(0.01);
    expect(minUnitsForRate(0.001)).toBe(20_000);
    expect(minUnitsForRate(0.5)).toBe(MIN_UNITS_PER_ARM);
  });
});
