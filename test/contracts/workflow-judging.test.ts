import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimentJudging } from '@assay/activities/experiment-judging';
import { panelJudging } from '@assay/activities/panel-judging';
import { rolloutJudging } from '@assay/activities/rollout-judging';
import { DuckdbEvidenceSource } from '@assay/adapters/duckdb/evidence-source';
import { PROFILES } from '@assay/domain/delivery-profile';
import { defaultPlan } from '@assay/domain/design';
import { FAMILIES } from '@assay/domain/families/all';
import type { Family } from '@assay/domain/families/family';
import { prng } from '@assay/domain/prng';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { outcome, prediction, SealedEvidence } from './evidence-source-writer.ts';

let dir: string;
let sealed: SealedEvidence;
let evidence: DuckdbEvidenceSource;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'assay-judging-'));
  sealed = await SealedEvidence.in(dir);
  evidence = await DuckdbEvidenceSource.open({ evidenceDir: dir });
});
afterEach(async () => {
  await evidence[Symbol.asyncDispose]();
  sealed.close();
  rmSync(dir, { recursive: true, force: true });
});

const planOf = (family: Family) =>
  defaultPlan({
    spec: FAMILIES[family],
    endpoint: 'e',
    owner: 'owner',
    champion: { model: 'm', version: '1' },
    candidate: { model: 'm', version: '2' },
    profile: PROFILES.demo,
  });

/** `units` users an arm; an outcome is the metric's mean plus uniform noise in ±1. */
async function users(arms: Readonly<Record<string, number>>, units: number, fields: object): Promise<void> {
  const rng = prng('judging');
  const rows = Object.entries(arms).flatMap(([arm, mean]) =>
    Array.from({ length: units }, (_, i) => ({ id: `${arm}-${i}`, arm, value: mean + 2 * rng.next() - 1 })),
  );
  await sealed.seal(
    'predictions',
    'e',
    rows.map(({ id, arm }) => prediction({ decision_id: id, unit_key: id, arm, ...fields })),
  );
  await sealed.seal(
    'outcomes',
    'e',
    rows.map(({ id, value }) =>
      outcome({
        outcome_id: id,
        decision_id: id,
        metrics: { margin_cents: value, orders: 0.1 + value / 100 },
      }),
    ),
  );
}

describe('canary', () => {
  const query = {
    endpoint: 'e',
    rollout: 'r',
    sinceMs: 0,
    weight: 0,
    guardrails: FAMILIES.ranking.guardrails,
    canary: PROFILES.demo.canary,
  };
  const look = (weight = 0) => rolloutJudging({ evidence }).lookAtCanary({ ...query, weight });

  test('harm on a guardrail has its numbers and an interval around the truth', async () => {
    await users({ champion: 10, canary: 9 }, 400, { rollout: 'r' });
    const { look: seen, effect, guardrails } = await look();
    expect(seen.kind).toBe('harm');
    expect(effect?.metric).toBe('margin_cents');
    expect(effect?.lower).toBeLessThan(-1);
    expect(effect?.upper).toBeGreaterThan(-1);
    expect(effect?.upper).toBeLessThan(0);
    expect(guardrails.map((g) => g.alpha)).toEqual([0.005, 0.005]);
  });

  test('no difference is enough, not harm', async () => {
    await users({ champion: 10, canary: 10 }, 400, { rollout: 'r' });
    expect((await look()).look).toMatchObject({ kind: 'enough', units: 400 });
  });

  test('too few units go on gathering, however bad they look', async () => {
    await users({ champion: 10, canary: 0 }, 50, { rollout: 'r' });
    expect((await look()).look).toMatchObject({ kind: 'gathering', units: 50 });
  });

  /** Units of the rollout that were assigned at a weight and have no outcome. */
  const assigned = (arm: 'champion' | 'canary', units: number, weight: number): Promise<string> =>
    sealed.seal(
      'predictions',
      'e',
      Array.from({ length: units }, (_, i) => {
        const id = `${arm}-${weight}-${i}`;
        const propensity = arm === 'canary' ? weight : 1 - weight;
        return prediction({ decision_id: id, unit_key: id, arm, rollout: 'r', propensity });
      }),
    );

  test('a canary that loses its units cannot be read, however good those that are left look', async () => {
    await users({ champion: 10, canary: 10 }, 400, { rollout: 'r' });
    await assigned('champion', 500, 0.5);
    await assigned('canary', 350, 0.5);
    expect((await look(0.5)).look).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining('sample ratio 500 : 350'),
    });
  });

  test('the ratio is held against the weight in force alone', async () => {
    await users({ champion: 10, canary: 10 }, 400, { rollout: 'r' });
    await assigned('champion', 800, 0.2);
    await assigned('canary', 200, 0.2);
    await assigned('champion', 240, 0.5);
    await assigned('canary', 260, 0.5);
    for (const weight of [0.2, 0.5]) expect((await look(weight)).look.kind).toBe('enough');
  });

  test('no evidence at all is gathering with no units', async () => {
    expect((await look()).look).toMatchObject({ kind: 'gathering', units: 0 });
  });
});

describe('experiment', () => {
  const plan = planOf('ranking');
  const query = { plan, sinceMs: 0, atMs: 5_000 };
  const judging = () => experimentJudging({ evidence });

  test('a running look estimates and decides nothing', async () => {
    await users({ control: 10, treatment: 10.5 }, 500, { experiment: plan.id });
    const facts = await judging().lookAtArms(query);
    expect(facts).toMatchObject({ gathered: 500, harm: null, refusal: null });
    expect(facts.look?.units).toEqual({ control: 500, treatment: 500 });
    expect(facts.look?.sequenceLower).toBeLessThan(facts.look?.lower ?? 0);
  });

  test('harm stops it', async () => {
    await users({ control: 10, treatment: 9 }, 500, { experiment: plan.id });
    expect((await judging().lookAtArms(query)).harm?.effect?.estimate).toBeCloseTo(-1, 0);
  });

  test('an arm that lost its units is refused, not judged', async () => {
    await users({ control: 10 }, 900, { experiment: plan.id });
    expect((await judging().lookAtArms(query)).refusal).toContain('sample ratio');
  });

  test('fewer units than planned are no data, whatever they say', async () => {
    await users({ control: 10, treatment: 1_000 }, 500, { experiment: plan.id });
    expect(await judging().decideByArms(query)).toMatchObject({ kind: 'no-data', effect: null });
  });

  test('the planned sample ships what is better beyond the smallest effect', async () => {
    await users({ control: 10, treatment: 1_000 }, plan.stop.minUnitsPerArm, { experiment: plan.id });
    const verdict = await judging().decideByArms(query);
    expect(verdict.kind).toBe('ship');
    expect(verdict.effect?.estimate).toBeCloseTo(990, 0);
  });
});

describe('panel', () => {
  const plan = planOf('forecasting');
  const { prePeriods, postPeriods } = plan.stop;
  const FIRST = 3;
  const start = FIRST + prePeriods;
  const query = { plan, fromPeriod: FIRST, atMs: 5_000 };

  interface Cell {
    readonly period: number;
    readonly store: number;
  }

  /** 12 stores that share a common path; store 1 is treated from `start` on, worse by `harm`. `isSealed` leaves cells out. */
  async function stores(
    periods: number,
    harm: number,
    isSealed: (c: Cell) => boolean = () => true,
  ): Promise<void> {
    const rng = prng('panel');
    const cells = Array.from({ length: FIRST + periods }, (_, period) =>
      Array.from({ length: 12 }, (__, store) => ({ period, store, noise: rng.next() / 50 })),
    )
      .flat()
      .filter(isSealed);
    const treated = (c: Cell): boolean => c.store === 1 && c.period >= start;
    const id = (c: Cell): string => `${c.period}-${c.store}`;
    await sealed.seal(
      'predictions',
      'e',
      cells.map((c) =>
        prediction({
          decision_id: id(c),
          unit_key: `store-${c.store}`,
          ...(treated(c) ? { experiment: plan.id, arm: 'treatment' } : {}),
        }),
      ),
    );
    await sealed.seal(
      'outcomes',
      'e',
      cells.map((c) => {
        const common = 0.2 + 0.05 * Math.sin(c.period / 4 + c.store / 20);
        const value = common + c.noise + (treated(c) ? harm : 0);
        return outcome({
          outcome_id: id(c),
          decision_id: id(c),
          period: c.period,
          metrics: { stock_cost: value },
        });
      }),
    );
  }
  const judging = () => panelJudging({ evidence });

  test('pre-periods begin after the newest period and count whole periods alone', async () => {
    await stores(10, 0, ({ period, store }) => period < FIRST + 9 || store < 8);
    expect(await judging().nextPeriod({ plan })).toEqual({ period: FIRST + 10 });
    expect(await judging().prePeriods(query)).toMatchObject({ periods: 9 });
  });

  const isHole =
    (store: number, period: number) =>
    (c: Cell): boolean =>
      c.store === store && c.period === period;

  test('what a server that died has not sealed yet is waited for, and is read once it is there', async () => {
    const hole = isHole(1, start + 6);
    await stores(prePeriods + postPeriods, -0.1, (c) => !hole(c));
    expect(await judging().lookAtPanel(query)).toMatchObject({ gathered: 6, harm: null, refusal: null });
    await stores(prePeriods + postPeriods, -0.1, hole);
    expect(await judging().lookAtPanel(query)).toMatchObject({ gathered: postPeriods });
    expect((await judging().decideByPanel(query)).kind).toBe('ship');
  });

  test('for another store it is waited for so long; then that store is no donor, and the verdict stands without it', async () => {
    const recent = isHole(3, start + 6);
    const old = isHole(4, FIRST + 2);
    await stores(prePeriods + postPeriods, -0.1, (c) => !recent(c) && !old(c));
    expect(await judging().lookAtPanel(query)).toMatchObject({ gathered: 6 });
    await stores(prePeriods + postPeriods, -0.1, recent);
    const facts = await judging().lookAtPanel(query);
    expect(facts).toMatchObject({ gathered: postPeriods, look: { units: { treated: 1, donors: 11 } } });
    expect((await judging().decideByPanel(query)).kind).toBe('ship');
  });

  test('a store that has left is not waited for', async () => {
    await stores(prePeriods + postPeriods, -0.1, ({ store, period }) => store !== 5 || period < FIRST + 20);
    expect(await judging().lookAtPanel(query)).toMatchObject({ gathered: postPeriods });
  });

  test('a treated store that gets worse stops the experiment', async () => {
    await stores(prePeriods + 10, 0.5);
    const facts = await judging().lookAtPanel(query);
    expect(facts.gathered).toBe(10);
    expect(facts.harm?.effect?.estimate).toBeCloseTo(0.5, 1);
  });

  test('one that gets better ships, with the effect', async () => {
    await stores(prePeriods + postPeriods, -0.1);
    const verdict = await judging().decideByPanel(query);
    expect(verdict.kind).toBe('ship');
    expect(verdict.effect?.lower).toBeLessThan(-0.1);
    expect(verdict.effect?.upper).toBeGreaterThan(-0.1);
  });

  test('no change does not ship, and is no harm on the way', async () => {
    await stores(prePeriods + postPeriods, 0);
    expect((await judging().lookAtPanel(query)).harm).toBeNull();
    expect((await judging().decideByPanel(query)).kind).not.toBe('ship');
  });
});
