import { expect, test } from 'vitest';
import { parseFilter, parseOrder } from './filter.ts';

test.for([
  [`metrics.loss < 1e-9`, ['metrics', 'loss', '<', 'number', '1e-9']],
  [`params.\`a b\` = 'x'`, ['params', 'a b', '=', 'text', 'x']],
  [`params."a.b" LIKE "it's"`, ['params', 'a.b', 'LIKE', 'text', "it's"]],
  [`tags.a.b.c != ''`, ['tags', 'a.b.c', '!=', 'text', '']],
  [`name ilike '%'`, [undefined, 'name', 'ILIKE', 'text', '%']],
  [`run_id not in ('a', "b")`, [undefined, 'run_id', 'NOT IN', 'list', ['a', 'b']]],
  [`tags.a is not null`, ['tags', 'a', 'IS NOT NULL', 'none', undefined]],
] as const)('%s', ([filter, [entity, key, op, kind, value]]) => {
  const [clause] = parseFilter(filter);
  expect(clause).toEqual({ entity, key, op, value: kind === 'none' ? { kind } : { kind, value } });
});

test('AND joins, nothing else does', () => {
  expect(parseFilter(`a = 'x' AND b = 'y' and c = 'z'`)).toHaveLength(3);
  expect(parseFilter('')).toEqual([]);
});

test.for([
  `a = 'x' OR b = 'y'`,
  `NOT a = 'x'`,
  `(a = 'x')`,
  `a = x`,
  `a`,
  `= 1`,
  `a = 'x`,
  `a = 'x' b = 'y'`,
  `a IN ()`,
  '  ',
  `a = 1e+5`,
])('refused: %s', (filter) => expect(() => parseFilter(filter)).toThrow(/^Invalid filter/));

test('an order has a field and perhaps a direction', () => {
  expect(parseOrder('metrics.`a b` desc')).toEqual({ entity: 'metrics', key: 'a b', descending: true });
  expect(parseOrder('start_time')).toEqual({ entity: undefined, key: 'start_time', descending: false });
  for (const order of ['', 'a sideways', 'a ASC DESC', 'a, b'])
    expect(() => parseOrder(order)).toThrow(/^Invalid order_by/);
});
