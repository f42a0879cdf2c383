import { type AuditEntry, auditHash, GENESIS_HASH } from '@assay/domain/audit';
import { expect, test } from 'vitest';
import { alteredRows, eventWords, groupTimeline, runTable } from './timeline.ts';

const entry = (sequence: number, event: string, evidence: AuditEntry['evidence'] = {}): AuditEntry => {
  const statement = {
    decision: 'release/m/1',
    event,
    actor: { kind: 'workflow', id: 'release/m/1' },
    reason: 'because',
    evidence,
  } as const;
  return {
    ...statement,
    sequence,
    atMs: sequence * 1_000,
    previousHash: GENESIS_HASH,
    hash: auditHash(sequence, sequence * 1_000, GENESIS_HASH, statement),
  };
};

test('three looks in a row are one item, two are not', () => {
  const record = [
    'release.requested',
    'canary.look',
    'canary.look',
    'canary.look',
    'canary.step',
    'canary.look',
    'canary.look',
  ];
  const items = groupTimeline(record.map((event, i) => entry(i + 1, event)));
  expect(items.map((i) => (i.kind === 'run' ? `${i.entries.length}×${i.event}` : i.entry.event))).toEqual([
    'release.requested',
    '3×canary.look',
    'canary.step',
    'canary.look',
    'canary.look',
  ]);
});

test('a record without rows is an empty time line', () => {
  expect(groupTimeline([])).toEqual([]);
});

test('a run is a table over the scalars of its looks, nested ones too', () => {
  const rows = [
    entry(1, 'l', { units: 10, margin: { p: 0.5 } }),
    entry(2, 'l', { units: 20, margin: { p: 0.4 } }),
  ];
  expect(runTable(rows, (ms) => `t${ms}`)).toEqual({
    name: 'looks',
    columns: ['', 'units', 'margin p'],
    rows: [
      ['t1000', 10, 0.5],
      ['t2000', 20, 0.4],
    ],
  });
});

test('a changed row is found, an honest one is not', () => {
  const honest = entry(1, 'canary.look', { units: 10 });
  expect(alteredRows([honest])).toEqual([]);
  expect(alteredRows([honest, { ...entry(2, 'canary.look'), reason: 'something else' }])).toEqual([2]);
});

test.for([
  ['canary.look', 'Canary look'],
  ['release.rolled-back', 'Rolled back'],
  ['release', 'Release'],
] as const)('%s reads %s', ([event, want]) => {
  expect(eventWords(event)).toBe(want);
});
