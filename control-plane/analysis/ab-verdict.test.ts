import { prng } from '@assay/domain/prng';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AbInput, abVerdict } from './ab-verdict.ts';
import type { Arm } from './arm.ts';
import { shipRule } from './ship-rule.ts';

const arm = (mean: number, n = 2000, variance = 4): Arm => ({ n, mean, variance });
const base: AbInput = {
  metric: 'margin',
  better: 'higher',
  control: arm(10),
  treatment: arm(10.5),
  assigned: [2000, 2000],
  weights: [0.5, 0.5],
  alpha: 0.05,
  smallestEffect: 0.2,
  minUnits: 100,
  tuning: 4000,
  look: 'final',
  guardrails: [],
};
const guardrail = { metric: 'latency', better: 'lower' as const, margin: 1 };

describe('abVerdict', () => {
  const cases: { name: string; change: Partial<AbInput>; kind: string; reason: RegExp }[] = [
    { name: 'better', change: {}, kind: 'ship', reason: /better than the champion/ },
    { name: 'worse', change: { treatment: arm(9.5) }, kind: 'roll-back', reason: /worse than the champion/ },
    {
      name: 'too small to matter',
      change: { treatment: arm(10.05) },
      kind: 'keep-champion',
      reason: /smallest effect of interest 0\.2/,
    },
    { name: 'wide', change: { treatment: arm(10.1) }, kind: 'inconclusive', reason: /it holds 0/ },
    {
      name: 'few units',
      change: { treatment: arm(11, 99) },
      kind: 'no-data',
      reason: /99 units in the smaller arm, 100 needed/,
    },
    { name: 'not a number', change: { treatment: arm(Number.NaN) }, kind: 'no-data', reason: /not numbers/ },
    {
      name: 'constant',
      change: { control: arm(1, 500, 0), treatment: arm(1, 500, 0) },
      kind: 'no-data',
      reason: /no unit differs/,
    },
    {
      name: 'sample ratio off',
      change: { assigned: [2000, 2300] },
      kind: 'refused',
      reason: /sample ratio 2000 : 2300/,
    },
    {
      name: 'sample ratio off, running',
      change: { assigned: [2000, 2400], look: 'running' },
      kind: 'refused',
      reason: /assignment or its log is broken/,
    },
    {
      name: 'no planned share to hold the ratio against',
      change: { weights: [0, 0] },
      kind: 'refused',
      reason: /assignment or its log is broken/,
    },
    {
      name: 'means whose difference no number holds',
      change: { control: arm(-1e308), treatment: arm(1e308) },
      kind: 'no-data',
      reason: /not a number|not numbers/,
    },
    {
      name: 'lower is better',
      change: { better: 'lower', treatment: arm(9.5) },
      kind: 'ship',
      reason: /better/,
    },
    {
      name: 'a guardrail not shown harmless',
      change: { guardrails: [{ ...guardrail, control: arm(10), treatment: arm(11.2) }] },
      kind: 'inconclusive',
      reason: /latency: effect 1\.2, at most 1\.304 .* not shown to be within the margin 1/,
    },
    {
      name: 'a guardrail within its margin',
      change: { guardrails: [{ ...guardrail, control: arm(10), treatment: arm(10.2) }], look: 'running' },
      kind: 'ship',
      reason: /latency: .*always-valid\); within the margin 1/,
    },
  ];
  test.for(cases)('$name → $kind', ({ change, kind, reason }) => {
    const verdict = abVerdict({ ...base, ...change });
    expect(verdict.kind).toBe(kind);
    expect(verdict.reasons.join('; ')).toMatch(reason);
  });

  test('the running interval is wider than the one that may be read once', () => {
    const { effect, sequence } = abVerdict(base);
    expect(sequence?.lower).toBeLessThan(effect?.lower ?? 0);
    expect(sequence?.upper).toBeGreaterThan(effect?.upper ?? 0);
  });

  const anyArm = fc.record({
    n: fc.integer({ min: 100, max: 100_000 }),
    mean: fc.double({ min: -10, max: 10, noNaN: true }),
    variance: fc.double({ min: 0.01, max: 100, noNaN: true }),
  });
  const RANK = ['roll-back', 'keep-champion', 'inconclusive', 'ship'];

  test('a worse metric never betters a verdict', () => {
    fc.assert(
      fc.property(
        anyArm,
        anyArm,
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.boolean(),
        (control, treatment, worse, final) => {
          const input: AbInput = { ...base, control, treatment, look: final ? 'final' : 'running' };
          const worsened: AbInput = { ...input, treatment: { ...treatment, mean: treatment.mean - worse } };
          expect(RANK.indexOf(abVerdict(worsened).kind)).toBeLessThanOrEqual(
            RANK.indexOf(abVerdict(input).kind),
          );
        },
      ),
    );
  });

  test('relabelling the arms flips the effect', () => {
    fc.assert(
      fc.property(anyArm, anyArm, (control, treatment) => {
        const one = abVerdict({ ...base, control, treatment });
        const two = abVerdict({ ...base, control: treatment, treatment: control });
        expect(two.effect?.estimate).toBe(0 - (one.effect?.estimate ?? 0));
        expect(two.sequence?.lower).toBe(0 - (one.sequence?.upper ?? 0));
      }),
    );
  });

  test('A/A looked at 40 times: the running verdict ships or rolls back in at most alpha of runs', () => {
    const random = prng('ab running');
    let decided = 0;
    for (let run = 0; run < 300; run++) if (everDecides(() => random.normal())) decided += 1;
    expect(decided / 300).toBeLessThan(0.05 + 0.03);
  });
});

function everDecides(draw: () => number): boolean {
  const sums = [0, 0];
  const squares = [0, 0];
  for (let look = 1; look <= 40; look++) {
    for (let i = 0; i < 200; i++) {
      const x = draw();
      sums[i % 2] = (sums[i % 2] ?? 0) + x;
      squares[i % 2] = (squares[i % 2] ?? 0) + x * x;
    }
    const n = look * 100;
    const [control = base.control, treatment = base.treatment] = sums.map((s, k) => ({
      n,
      mean: s / n,
      variance: ((squares[k] ?? 0) - (s * s) / n) / (n - 1),
    }));
    const { kind } = abVerdict({
      ...base,
      control,
      treatment,
      assigned: [n, n],
      look: 'running',
      smallestEffect: 1e-9,
    });
    if (kind === 'ship' || kind === 'roll-back') return true;
  }
  return false;
}

describe('shipRule', () => {
  const options = { alpha: 0.05, minUnits: 100, horizon: { kind: 'fixed' as const } };
  const fine = { metric: 'a', better: 'higher' as const, margin: 0.5, control: arm(10), treatment: arm(10) };

  test('every guardrail has to hold', () => {
    expect(shipRule([fine, fine], options).kind).toBe('ship');
    expect(shipRule([fine, { ...fine, treatment: arm(9.4) }], options).kind).toBe('inconclusive');
    expect(shipRule([fine, { ...fine, treatment: arm(10, 50) }], options).kind).toBe('no-data');
    expect(shipRule([fine, { ...fine, treatment: arm(Number.NaN) }], options).kind).toBe('no-data');
    expect(shipRule([], options).kind).toBe('no-data');
  });

  test('a constant metric is compared as it is', () => {
    const flat = (mean: number) => arm(mean, 500, 0);
    expect(shipRule([{ ...fine, control: flat(1), treatment: flat(1) }], options).kind).toBe('ship');
    expect(shipRule([{ ...fine, control: flat(1), treatment: flat(0) }], options).kind).toBe('inconclusive');
  });

  test('at the margin itself it ships in about alpha of runs, and not in more', () => {
    const random = prng('ship');
    let shipped = 0;
    for (let run = 0; run < 4000; run++) {
      const treatment = arm(9.5 + random.normal() * Math.sqrt(4 / 2000), 2000);
      const control = arm(10 + random.normal() * Math.sqrt(4 / 2000), 2000);
      if (shipRule([{ ...fine, control, treatment }], options).kind === 'ship') shipped += 1;
    }
    expect(shipped / 4000).toBeGreaterThan(0.035);
    expect(shipped / 4000).toBeLessThan(0.065);
  });
});
