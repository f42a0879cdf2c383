import { expect, test } from 'vitest';
import { shapeOf } from './json-shape.ts';

test('scalars are facts, lists of scalars too', () => {
  expect(shapeOf({ weight: 0.2, ok: true, arms: ['control', 'treatment'], why: null })).toEqual({
    facts: [
      ['weight', 0.2],
      ['ok', true],
      ['arms', 'control, treatment'],
      ['why', null],
    ],
    tables: [],
    parts: [],
  });
});

test('a list of flat records is a table with the union of their keys', () => {
  const { tables } = shapeOf({
    looks: [
      { metric: 'orders', p: 0.2 },
      { metric: 'margin', e: 4 },
    ],
  });
  expect(tables).toEqual([
    {
      name: 'looks',
      columns: ['metric', 'p', 'e'],
      rows: [
        ['orders', 0.2, undefined],
        ['margin', undefined, 4],
      ],
    },
  ]);
});

test('records under names are a table with a name column', () => {
  const { tables } = shapeOf({ units: { control: { n: 10 }, treatment: { n: 11 } } });
  expect(tables[0]).toEqual({
    name: 'units',
    columns: ['', 'n'],
    rows: [
      ['control', 10],
      ['treatment', 11],
    ],
  });
});

test('deeper things become parts of their own, nothing is lost', () => {
  const shape = shapeOf({ effect: { metric: 'm', interval: [{ lower: 1 }] } });
  expect(shape.parts[0]?.[0]).toBe('effect');
  expect(shape.parts[0]?.[1].tables[0]?.rows).toEqual([[1]]);
});

test('a bare value is shown as such', () => {
  expect(shapeOf('text').facts).toEqual([['value', 'text']]);
  expect(shapeOf(null)).toEqual({ facts: [], tables: [], parts: [] });
});
