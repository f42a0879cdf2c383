import type { TrainResult } from '@assay/contract/train';
import { PROFILES } from '@assay/domain/delivery-profile';
import { defaultPlan } from '@assay/domain/design';
import { familySpec } from '@assay/domain/families/all';
import type { EndpointView, ExperimentView, ReleaseView } from '@assay/domain/read-models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestAssay } from '../plane/assay.ts';
import { until } from '../plane/until.ts';

const ENDPOINT = 'labels-by-hand';
const MODEL = 'label-reader-by-hand';
const WITHIN_MS = 120_000;

interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

describe('people decide', () => {
  let plane: TestAssay;
  let trained: readonly TrainResult[];

  const post = <T = Problem>(role: string, path: string, body: object) =>
    plane.api<T>(path, { method: 'POST', role, body: JSON.stringify(body) });

  async function train(recipe: string, seed: number): Promise<TrainResult> {
    const id = `by-hand-${recipe}-${seed}`;
    const source = { kind: 'sample' };
    const asked = await post('data-scientist', '/trainings', {
      ...{ id, family: 'vision', model: MODEL },
      ...{ recipe, seed, source },
    });
    expect(asked.status).toBe(202);
    return until(
      `training ${id}`,
      async () => {
        const { body } = await plane.api<{ state: string; result: TrainResult; error: string }>(
          `/trainings/${id}`,
        );
        if (body.state === 'failed') throw new Error(body.error);
        return body.state === 'done' ? body.result : undefined;
      },
      WITHIN_MS,
    );
  }

  const pathOf = (t: TrainResult): string => `/releases/${t.model}/${t.version}`;
  const view = async (t: TrainResult): Promise<ReleaseView> => (await plane.api<ReleaseView>(pathOf(t))).body;
  const request = (t: TrainResult) =>
    post('data-scientist', '/releases', {
      ...{ model: t.model, version: t.version, endpoint: ENDPOINT },
      ...{ profile: 'demo', snapshotDir: t.snapshotDir },
    });
  const comesTo = (t: TrainResult, kind: string, point?: string): Promise<ReleaseView> =>
    until(
      `${t.version} comes to ${kind}`,
      async () => {
        const now = await view(t);
        const { state } = now.release;
        if (state.kind !== kind) return undefined;
        return point === undefined || ('point' in state && state.point === point) ? now : undefined;
      },
      WITHIN_MS,
    );
  const approve = (role: string, t: TrainResult, point: string) =>
    post(role, `${pathOf(t)}/approve`, { point, comment: 'looked at it' });
  const setAutonomy = (autonomy: string) =>
    post('admin', `/endpoints/${ENDPOINT}/autonomy`, { autonomy, reason: 'for the test' });
  const route = async () => (await plane.api<EndpointView>(`/endpoints/${ENDPOINT}`)).body.route;

  beforeAll(async () => {
    plane = await TestAssay.start();
    const body = { name: ENDPOINT, family: 'vision', owner: 'ann', autonomy: 'propose', profile: 'demo' };
    expect((await post('admin', '/endpoints', body)).status).toBe(201);
    trained = [await train('baseline', 1), ...(await Promise.all([train('good', 1), train('good', 2)]))];
  }, 400_000);
  afterAll(() => plane?.[Symbol.asyncDispose]());

  const nth = (n: number): TrainResult => trained[n] as TrainResult;

  test('propose: even a first champion waits, and not for everyone', async () => {
    expect((await request(nth(0))).status).toBe(202);
    const waiting = await comesTo(nth(0), 'waiting-for-approval', 'ship');
    expect(waiting.why).toBe('waiting for approval of ship');
    expect(await route()).toBeNull();
    const refused = async (role: string, point: string) => (await approve(role, nth(0), point)).body.code;
    expect(await refused('auditor', 'ship')).toBe('PERMISSION_DENIED');
    expect(await refused('serving-client', 'ship')).toBe('PERMISSION_DENIED');
    expect(await refused('data-scientist', 'ship')).toBe('APPROVAL_REFUSED');
    expect(await refused('product-owner', 'canary')).toBe('TRANSITION_REFUSED');
    expect((await approve('product-owner', nth(0), 'ship')).status).toBe(200);
    const { record } = await comesTo(nth(0), 'champion');
    expect((await route())?.champion.version).toBe(nth(0).version);
    const events = record.map((e) => e.event);
    expect(events.slice(-3)).toEqual(['ship.waiting', 'ship.approved', 'release.promoted']);
    expect(record.at(-2)).toMatchObject({ actor: { kind: 'person' }, reason: 'looked at it' });
  });

  test('propose: a candidate is not even shadowed unasked; an abort ends it at once, and twice is once', async () => {
    await request(nth(1));
    await comesTo(nth(1), 'waiting-for-approval', 'shadow');
    expect((await route())?.shadows).toEqual([]);
    expect((await approve('product-owner', nth(1), 'shadow')).status).toBe(200);
    await comesTo(nth(1), 'shadowing');
    expect((await route())?.shadows).toMatchObject([{ version: nth(1).version }]);
    const abort = () =>
      post<{ release: ReleaseView['release'] }>('product-owner', `${pathOf(nth(1))}/abort`, { reason: 'no' });
    for (const { status, body } of [...(await Promise.all([abort(), abort()])), await abort()])
      expect([status, body.release?.state.kind]).toEqual([200, 'aborted']);
    expect((await route())?.shadows).toEqual([]);
    await until('the workflow has ended', async () => ((await view(nth(1))).why === null ? true : undefined));
    const { record } = await view(nth(1));
    expect(record.filter((e) => e.event === 'release.aborted')).toHaveLength(1);
    expect(record.at(-1)?.event).toBe('release.aborted');
    expect((await approve('product-owner', nth(1), 'canary')).body.code).toBe('TRANSITION_REFUSED');
  });

  test('an experiment on a version that was rejected is refused, ends so in its record, and gets no traffic', async () => {
    const spec = familySpec('vision');
    const plan = defaultPlan({
      ...{ spec, endpoint: ENDPOINT, owner: 'ann', profile: PROFILES.demo },
      ...{ champion: nth(0), candidate: nth(1) },
    });
    expect((await post('product-owner', '/experiments', plan)).status).toBe(201);
    for (const step of ['register', 'start'])
      expect((await post('product-owner', `/experiments/${plan.id}/${step}`, {})).status).toBe(200);
    const decided = await until(
      'the experiment is decided',
      async () => {
        const { body } = await plane.api<ExperimentView>(`/experiments/${plan.id}`);
        return body.state.kind === 'decided' ? body : undefined;
      },
      WITHIN_MS,
    );
    expect(decided.state).toMatchObject({ verdict: { kind: 'refused' } });
    expect(JSON.stringify(decided.state)).toContain('which is \\"rejected\\"');
    expect((await route())?.experiments).toEqual([]);
  });

  test('assist: the shadow needs nobody, and the record says who approved; without traffic nothing goes on', async () => {
    expect((await setAutonomy('assist')).status).toBe(200);
    await request(nth(2));
    const { record } = await comesTo(nth(2), 'shadowing');
    expect(record.find((e) => e.event === 'shadow.approved')).toMatchObject({
      actor: { kind: 'policy', id: 'autonomy/assist' },
    });
    await until('three looks', async () => {
      const looks = (await view(nth(2))).record.filter((e) => e.event === 'shadow.look');
      return looks.length > 2 ? true : undefined;
    });
    const now = await view(nth(2));
    expect(now.release.state.kind).toBe('shadowing');
    expect(now.record.findLast((e) => e.event === 'shadow.look')?.reason).toContain('0 shadow answers');
    expect((await route())?.canary).toBeUndefined();
    await post('data-scientist', `${pathOf(nth(2))}/abort`, { reason: 'enough seen' });
  });
});
