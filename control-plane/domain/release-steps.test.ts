import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import * as steps from './release-steps.ts';

const subject = { id: 'release/m/2', run: 'abc', model: 'm', version: '2', endpoint: 'e' };
const served = { model: 'm', version: '2', path: 'p' };
const champion = { model: 'm', version: '1', path: 'q' };
const end = { end: 'rolled-back', gate: 'canary', reason: 'worse', effect: null } as const;

test('what JSON cannot say becomes null, so that the record can always be hashed', () => {
  const row = steps.looked(subject, 'canary', 1, 'r', {
    n: 0,
    mean: Number.NaN,
    inner: [Infinity, undefined, 'a'],
  });
  expect(row.statement.evidence).toEqual({ n: 0, mean: null, inner: [null, null, 'a'] });
  expect(() => canonicalJson(row.statement.evidence)).not.toThrow();
});

test('each look, step, point and run has a key of its own; the same one has the same key', () => {
  const keys = [
    steps.looked(subject, 'canary', 1, 'r', {}),
    steps.looked(subject, 'canary', 2, 'r', {}),
    steps.looked(subject, 'shadow', 1, 'r', {}),
    steps.waiting(subject, 'canary', 'propose'),
    steps.waiting(subject, 'ship', 'propose'),
    steps.promoted(subject, served, champion, null),
    steps.promoted({ ...subject, run: 'def' }, served, champion, null),
  ].map((t) => t.key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(steps.looked(subject, 'canary', 1, 'other words', {}).key).toBe(keys[0]);
});

test('whoever stops a candidate takes its traffic away in the same transaction', () => {
  for (const t of [steps.stopped(subject, served, end, {}), steps.aborted(subject, served, 'bob', 'no')]) {
    expect(t.changes.map((c) => c.kind)).toEqual(['route', 'stage', 'release']);
    expect(t.changes[0]).toMatchObject({ change: { kind: 'withdraw', version: served } });
  }
});

test('without traffic there is no route to change', () => {
  expect(steps.stopped(subject, null, end, {}).changes.map((c) => c.kind)).toEqual(['stage', 'release']);
});

test('promotion retires the former champion, once', () => {
  const stages = steps.promoted(subject, served, champion, null).changes.filter((c) => c.kind === 'stage');
  expect(stages).toMatchObject([
    { version: '1', stage: 'retired' },
    { version: '2', stage: 'champion' },
  ]);
  const same = steps.promoted(subject, served, served, null).changes.filter((c) => c.kind === 'stage');
  expect(same).toHaveLength(1);
});
