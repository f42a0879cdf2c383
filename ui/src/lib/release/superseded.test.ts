import type { Release, ReleaseState } from '@assay/domain/release';
import { expect, test } from 'vitest';
import { stateWords } from './state-words.ts';
import { supersededIds } from './superseded.ts';

const CHAMPION: ReleaseState = { kind: 'champion', gate: 'experiment', effect: null };
const release = (id: string, endpoint: string, requestedAtMs: number, state: ReleaseState): Release => ({
  id,
  model: 'm',
  version: id,
  endpoint,
  family: 'ranking',
  profile: 'demo',
  requestedBy: 'ada',
  requestedAtMs,
  state,
});

test('the newest champion of an endpoint is it, the others were', () => {
  const releases = [
    release('2', 'home', 2, CHAMPION),
    release('1', 'home', 1, CHAMPION),
    release('3', 'home', 3, { kind: 'rejected', gate: 'shadow', reason: 'bias', effect: null }),
    release('a', 'shelf', 1, CHAMPION),
  ];
  expect([...supersededIds(releases)]).toEqual(['1']);
  expect(stateWords(CHAMPION, true)).toMatchObject({ label: 'Was champion', tone: 'neutral' });
});

test('after a rollback the one before is champion again', () => {
  const back: ReleaseState = { kind: 'rolled-back', gate: 'ship', reason: 'harm', effect: null };
  expect(supersededIds([release('2', 'home', 2, back), release('1', 'home', 1, CHAMPION)]).size).toBe(0);
});
