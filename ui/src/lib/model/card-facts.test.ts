import { expect, test } from 'vitest';
import { parentHref } from './card-facts.ts';
import { lineageHref } from './lineage-links.ts';

test.for([
  ['ranker/12', '/models/ranker/12'],
  ['a b/1', '/models/a%20b/1'],
  ['some paper', undefined],
  ['a/b/1', undefined],
] as const)('parent %s is shown at %s', ([parent, href]) => {
  expect(parentHref(parent)).toBe(href);
});

test.for([
  ['run', 'run:abc', 'my run', '/training/runs/abc'],
  ['release', 'release:release/ranker/2', 'release/ranker/2', '/releases/ranker/2'],
  ['endpoint', 'endpoint:shop', 'shop', '/endpoints/shop'],
  ['dataset', 'dataset:x@1', 'x', undefined],
] as const)('lineage: a %s', ([kind, id, name, href]) => {
  expect(lineageHref({ kind, id, name, digest: null })).toBe(href);
});
