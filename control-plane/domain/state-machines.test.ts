import { describe, expect, test } from 'vitest';
import { type AuditEntry, auditHash, GENESIS_HASH, verifyChain } from './audit.ts';
import { AUTONOMY, needsPerson } from './autonomy.ts';
import { assertExperimentStep, assertPlan, type ExperimentPlan } from './experiment.ts';
import { familySpec } from './families/all.ts';
import { assertStep, STAGES, type Stage } from './model-version.ts';
import { assertOpen } from './release.ts';
import { assertFourEyes, assertMay, may, ROLES } from './roles.ts';
import { advanceCanary } from './rollout.ts';

const ref = { model: 'm', version: '3' };

describe('model version', () => {
  const allowed: Record<Stage, Stage[]> = {
    registered: ['validated', 'rejected'],
    validated: ['shadow', 'champion', 'rejected'],
    shadow: ['canary', 'rejected'],
    canary: ['champion', 'rejected', 'rolled-back'],
    champion: ['retired', 'rolled-back'],
    retired: ['champion'],
    rejected: [],
    'rolled-back': ['registered'],
  };
  const pairs = STAGES.flatMap((from) =>
    STAGES.filter((to) => to !== from).map((to) => ({ from, to, ok: allowed[from].includes(to) })),
  );
  test.for(pairs)('$from → $to: $ok', ({ from, to, ok }) => {
    const step = (): void => assertStep(ref, from, to, 'person');
    if (ok) expect(step).not.toThrow();
    else expect(step).toThrow(/Cannot move m\/3/);
  });

  test('no automation brings a rolled-back version back', () => {
    expect(() => assertStep(ref, 'rolled-back', 'registered', 'automation')).toThrow(
      expect.objectContaining({ code: 'QUARANTINED' }),
    );
  });
});

test('an ended release stays ended', () => {
  expect(() => assertOpen('release/m/3', { kind: 'aborted', by: 'ann', reason: 'no' })).toThrow(
    expect.objectContaining({ code: 'TRANSITION_REFUSED' }),
  );
  expect(() => assertOpen('release/m/3', { kind: 'requested' })).not.toThrow();
});

describe('canary', () => {
  const steps = [
    { weight: 0.1, soakMs: 1_000 },
    { weight: 0.5, soakMs: 2_000 },
  ];
  const at = (step: number, elapsedMs: number) => ({
    step,
    sinceMs: 0,
    nowMs: elapsedMs,
    stepTimeoutMs: 10_000,
  });
  test.for([
    ['harm rolls back at once', at(0, 1), { kind: 'harm', reason: 'margin' }, 'roll-back'],
    ['enough units before the soak is over stay', at(0, 999), { kind: 'enough', units: 9 }, 'stay'],
    ['a soaked step with enough units goes on', at(0, 1_000), { kind: 'enough', units: 9 }, 'step'],
    ['the last one is done', at(1, 2_000), { kind: 'enough', units: 9 }, 'done'],
    [
      'enough units seen late, after a worker was away, go on',
      at(0, 99_000),
      { kind: 'enough', units: 9 },
      'step',
    ],
    ['gathering stays, soaked or not', at(0, 5_000), { kind: 'gathering', units: 1 }, 'stay'],
    ['unreadable stays while there is time', at(0, 5_000), { kind: 'unreadable', reason: 'file' }, 'stay'],
    ['gathering too long rolls back', at(0, 10_001), { kind: 'gathering', units: 1 }, 'roll-back'],
    ['unreadable too long rolls back', at(1, 10_001), { kind: 'unreadable', reason: 'file' }, 'roll-back'],
  ] as const)('%s', ([, clock, look, next]) => {
    expect(advanceCanary(steps, clock, look).kind).toBe(next);
  });
});

const arms = (control: number, treatment: number) => [
  { name: 'control', weight: control },
  { name: 'treatment', weight: treatment, model: 'm', version: '3' },
];

describe('experiment', () => {
  const spec = familySpec('pricing');
  const plan: ExperimentPlan = {
    id: 'x',
    endpoint: 'shelf-price',
    owner: 'ann',
    hypothesis: 'the new pricer earns more margin',
    unit: 'occasion',
    analysis: 'ab',
    arms: arms(0.5, 0.5),
    layer: { id: 'l', from: 0, to: 1 },
    northStar: spec.northStar,
    guardrails: spec.guardrails,
    alpha: 0.05,
    power: 0.8,
    smallestEffect: 1,
    stop: {
      minUnitsPerArm: 100,
      minDurationMs: 1,
      timeoutMs: 2,
      lookEveryMs: 1,
      prePeriods: 0,
      postPeriods: 0,
    },
  };
  test('a whole plan may be registered', () => expect(() => assertPlan(plan)).not.toThrow());
  test.for([
    ['no owner', { owner: ' ' }, 'owner'],
    ['no hypothesis', { hypothesis: 'better' }, 'hypothesis'],
    ['one arm', { arms: [{ name: 'a', weight: 1 }] }, 'arms'],
    ['weights off 1', { arms: arms(0.5, 0.4) }, 'arms'],
    ['a negative weight', { arms: arms(1.5, -0.5) }, 'arms[0].weight'],
    ['a weight that is no number', { arms: arms(Number.NaN, 0.5) }, 'arms[0].weight'],
    ['arms that no verdict reads', { arms: [...arms(0.5, 0.25), { name: 'b', weight: 0.25 }] }, 'arms'],
    ['an arm twice', { arms: [arms(0.5, 0.5)[0], arms(0.5, 0.5)[0]] }, 'arms'],
    [
      'a treatment that is nothing',
      { arms: [arms(0.5, 0.5)[0], { name: 'treatment', weight: 0.5 }] },
      'arms[1].version',
    ],
    ['an empty share of its layer', { layer: { id: 'l', from: 0.5, to: 0.5 } }, 'layer'],
    ['no effect of interest', { smallestEffect: 0 }, 'smallestEffect'],
    ['a power of 1', { power: 1 }, 'power'],
    [
      'a synthetic control without a period after the start',
      { analysis: 'synthetic-control', treatedUnits: ['s'] },
      'stop.postPeriods',
    ],
    ['alpha 0', { alpha: 0 }, 'alpha'],
    ['no stop criterion that can be met', { stop: { ...plan.stop, timeoutMs: 1 } }, 'stop.timeoutMs'],
    ['a synthetic control without a treated unit', { analysis: 'synthetic-control' }, 'treatedUnits'],
  ] as const)('refuses %s', ([, change, field]) => {
    expect(() => assertPlan({ ...plan, ...change } as ExperimentPlan)).toThrow(
      expect.objectContaining({ code: 'EXPERIMENT_INVALID', field }),
    );
  });

  test.for([
    ['draft', 'running'],
    ['draft', 'decided'],
    ['registered', 'draft'],
    ['running', 'registered'],
    ['running', 'decided'],
    ['decided', 'running'],
    ['stopped', 'running'],
  ] as const)('refuses %s → %s', ([from, to]) => {
    expect(() => assertExperimentStep('x', from, to)).toThrow(
      expect.objectContaining({ code: 'TRANSITION_REFUSED' }),
    );
  });
});

describe('who may', () => {
  test('who made a version cannot approve it', () => {
    expect(() => assertFourEyes({ subject: 'ann', role: 'admin' }, ['eve', 'ann'], 'm/3')).toThrow(
      expect.objectContaining({ code: 'APPROVAL_REFUSED' }),
    );
    expect(() => assertFourEyes({ subject: 'bob', role: 'admin' }, ['eve', 'ann'], 'm/3')).not.toThrow();
  });

  test('the refusal says who may', () => {
    expect(() => assertMay({ subject: 'joe', role: 'serving-client' }, 'release.abort')).toThrow(
      /data-scientist, product-owner, admin/,
    );
  });

  test('only an administrator configures or releases from quarantine', () => {
    expect(ROLES.filter((r) => may(r, 'quarantine.release'))).toEqual(['admin']);
    expect(ROLES.filter((r) => may(r, 'model.train-for-others'))).toEqual(['admin', 'service']);
  });

  test('a higher autonomy never needs a person where a lower one does not', () => {
    for (const point of ['shadow', 'canary', 'experiment', 'ship'] as const) {
      const needs = AUTONOMY.map((a) => Number(needsPerson(a, point)));
      expect(needs).toEqual([...needs].sort((a, b) => b - a));
    }
  });
});

describe('audit chain', () => {
  const entries: AuditEntry[] = [];
  let previousHash = GENESIS_HASH;
  for (let sequence = 1; sequence <= 3; sequence++) {
    const statement = {
      decision: 'release/m/3',
      event: `e${sequence}`,
      actor: { kind: 'workflow', id: 'w' } as const,
      reason: 'r',
      evidence: { n: sequence },
    };
    const hash = auditHash(sequence, 1000 + sequence, previousHash, statement);
    entries.push({ ...statement, sequence, atMs: 1000 + sequence, previousHash, hash });
    previousHash = hash;
  }
  const [a, b, c] = entries as [AuditEntry, AuditEntry, AuditEntry];

  test('holds as written', () => expect(verifyChain(entries)).toBeUndefined());
  test.for([
    ['a changed reason', [a, { ...b, reason: 'other' }, c], 2],
    ['changed evidence', [a, b, { ...c, evidence: { n: 4 } }], 3],
    ['a row taken out', [a, c], 3],
    ['rows swapped', [b, a, c], 2],
    ['a row taken out and its successor hashed anew', [a, { ...c, previousHash: a.hash }], 3],
  ] as const)('finds %s', ([, chain, sequence]) => {
    expect(verifyChain(chain)).toMatchObject({ sequence });
  });
});
