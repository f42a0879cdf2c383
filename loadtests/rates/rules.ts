import { abVerdict } from '@assay/analysis/ab-verdict';
import { oneSidedEvidence } from '@assay/analysis/one-sided-sequence';
import { MIN_UNITS_PER_ARM, splitAlpha } from '@assay/analysis/rollout-guard';
import { type ShipMetric, shipRule } from '@assay/analysis/ship-rule';
import type { Prng } from '@assay/domain/prng';
import { Running } from './running.ts';
import { type Scenario, watch } from './scenario.ts';

const ROLLBACK = 0.01;
const ALPHA = 0.05;
const GUARDRAILS = 3;
const WEIGHTS = [0.05, 0.2, 0.5, 0.5];

/** Three guardrails that correlate: an error flag of 10 %, a skewed latency, a normal margin. */
function outcomes(random: Prng): [number, number, number] {
  const shared = random.normal();
  return [
    Number(shared + random.normal() > 1.8124),
    Math.exp(0.4 * shared + 0.4 * random.normal()),
    shared + random.normal(),
  ];
}

const arms = (): Running[] => Array.from({ length: GUARDRAILS }, () => new Running());

/** Does some guardrail say harm? The error flag and the latency hurt when they rise, the margin when it falls. */
function harmed(control: readonly Running[], treatment: readonly Running[], tuning: number): boolean {
  const alpha = splitAlpha(ROLLBACK, GUARDRAILS);
  return control.some((a, k) => {
    const b = treatment[k] as Running;
    if (Math.min(a.n, b.n) < MIN_UNITS_PER_ARM) return false;
    const { logEAbove, logEBelow } = oneSidedEvidence(a, b, { alpha, tuning });
    return (k === 2 ? logEBelow : logEAbove) >= -Math.log(alpha);
  });
}

/** A harmless canary over its whole ramp, ten requests a look: rolled back by any guardrail at any look? */
function falseRollback(random: Prng, looks: number): number[] {
  const [control, treatment] = [arms(), arms()];
  const grow = (look: number): void => {
    const weight = WEIGHTS[Math.floor((look / looks) * WEIGHTS.length)] ?? 0.5;
    for (let i = 0; i < 10; i++) {
      const side = random.next() < weight ? treatment : control;
      for (const [k, x] of outcomes(random).entries()) side[k]?.add(x);
    }
  };
  return watch(looks, grow, () => harmed(control, treatment, 5 * looks));
}

const metric = (name: string, control: Running, treatment: Running): ShipMetric => ({
  ...{ metric: name, control, treatment, better: 'higher', margin: 0.2 },
});

/** One guardrail is worse by just its margin, the other two are better: shipped at some look? */
const falseShip =
  (kind: 'always-valid' | 'fixed'): Scenario['run'] =>
  (random, looks) => {
    const [control, treatment] = [arms(), arms()];
    const horizon = kind === 'fixed' ? { kind } : { kind, tuning: 10 * looks };
    const isLook = (look: number): boolean => (kind === 'fixed' ? look === looks - 1 : look % 10 === 9);
    const grow = (): void => {
      for (let i = 0; i < 5 * GUARDRAILS; i++) {
        const k = i % GUARDRAILS;
        control[k]?.add(random.normal());
        treatment[k]?.add(random.normal() + (k === 0 ? -0.2 : 0.3));
      }
    };
    const shipped = (): boolean => {
      const metrics = control.map((a, k) => metric(String(k), a, treatment[k] as Running));
      return shipRule(metrics, { alpha: ALPHA, minUnits: MIN_UNITS_PER_ARM, horizon }).kind === 'ship';
    };
    return watch(looks, grow, (look) => isLook(look) && shipped());
  };

/** Equal arms under the whole A/B verdict, read at every tenth look: anything but "nothing to say" is false. */
function falseVerdict(random: Prng, looks: number): number[] {
  const [control, treatment] = [new Running(), new Running()];
  for (let look = 1; look <= looks; look++) {
    for (let i = 0; i < 10; i++) (random.next() < 0.5 ? control : treatment).add(random.normal());
    if (look % 10 !== 0) continue;
    const { kind } = abVerdict({
      ...{
        metric: 'm',
        better: 'higher',
        control,
        treatment,
        assigned: [control.n, treatment.n],
        weights: [0.5, 0.5],
      },
      ...{
        alpha: ALPHA,
        smallestEffect: 1e-9,
        minUnits: MIN_UNITS_PER_ARM,
        tuning: 10 * looks,
        look: 'running',
        guardrails: [],
      },
    });
    if (kind === 'ship' || kind === 'roll-back') return [1];
  }
  return [0];
}

const of = (method: string, id: string, data: string, atMost: number, run: Scenario['run']): Scenario => ({
  ...{ id: `rules/${method}/${id}`, table: 'rules', method, data, stated: { atMost }, run },
});

export const RULES: readonly Scenario[] = [
  of(
    'rollout-guard',
    'ramp',
    'false rollback: 3 correlated guardrails, ramp 5, 20, 50 %',
    ROLLBACK,
    falseRollback,
  ),
  of(
    'ship-rule',
    'always-valid',
    'false ship: a guardrail at its margin, every tenth look',
    ALPHA,
    falseShip('always-valid'),
  ),
  of('ship-rule', 'fixed', 'false ship: a guardrail at its margin, read once', ALPHA, falseShip('fixed')),
  of('ab-verdict', 'running', 'ship or roll-back of equal arms, every tenth look', ALPHA, falseVerdict),
];
