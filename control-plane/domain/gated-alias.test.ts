import { expect, test } from 'vitest';
import { aliasMoves, isGated } from './gated-alias.ts';

test.for([
  ['a shadow becomes challenger', {}, 'shadow', [{ alias: 'challenger', version: '2' }]],
  ['a canary that is challenger already moves nothing', { challenger: '2' }, 'canary', []],
  [
    'a new champion is challenger no more',
    { champion: '1', challenger: '2' },
    'champion',
    [
      { alias: 'challenger', version: null },
      { alias: 'champion', version: '2' },
    ],
  ],
  [
    'a rejected challenger loses the alias',
    { challenger: '2' },
    'rejected',
    [{ alias: 'challenger', version: null }],
  ],
  [
    'a champion rolled back leaves none',
    { champion: '2' },
    'rolled-back',
    [{ alias: 'champion', version: null }],
  ],
  ['another version keeps what it holds', { champion: '1', challenger: '3' }, 'rejected', []],
  ['a version that was validated moves nothing', { champion: '1' }, 'validated', []],
] as const)('%s', ([, held, stage, moves]) => {
  expect(aliasMoves(held, '2', stage)).toEqual(moves);
});

test('only champion and challenger are gated, in this spelling', () => {
  expect(['champion', 'challenger', 'Champion', 'latest', 'mine'].map(isGated)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
