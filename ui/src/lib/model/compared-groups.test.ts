import { expect, test } from 'vitest';
import { comparedGroups } from './compared-groups.ts';

test('rows stand under the heading that their prefix names', () => {
  const groups = comparedGroups({
    model: 'm',
    versions: [] as never,
    rows: [
      { what: 'stage', a: 'champion', b: null, differs: true },
      { what: 'metrics.auc', a: '0.7', b: '0.8', differs: true },
      { what: 'tags.metrics.x', a: '1', b: '1', differs: false },
    ],
  });
  expect(groups).toEqual([
    { name: 'Version', rows: [{ what: 'stage', cells: ['champion', undefined], differs: true }] },
    { name: 'Metrics', rows: [{ what: 'auc', cells: ['0.7', '0.8'], differs: true }] },
    { name: 'Params', rows: [] },
    { name: 'Tags', rows: [{ what: 'metrics.x', cells: ['1', '1'], differs: false }] },
  ]);
});
