import type { Lineage, LineageNode } from '@assay/domain/lineage';
import { expect, test } from 'vitest';
import { layoutLineage, NODE } from './lineage-layout.ts';

const node = (id: string, kind: LineageNode['kind']): LineageNode => ({ id, kind, name: id, digest: null });
const WHOLE: Lineage = {
  nodes: [
    node('v', 'version'),
    node('r', 'run'),
    node('d', 'dataset'),
    node('p', 'version'),
    node('rel', 'release'),
    node('snap', 'dataset'),
    node('e', 'endpoint'),
  ],
  edges: [
    { from: 'r', to: 'v', relation: 'produced', sequence: null },
    { from: 'd', to: 'r', relation: 'trained on', sequence: null },
    { from: 'p', to: 'v', relation: 'parent of', sequence: null },
    { from: 'v', to: 'rel', relation: 'judged by', sequence: 1 },
    { from: 'snap', to: 'rel', relation: 'measured on', sequence: 2 },
    { from: 'rel', to: 'e', relation: 'decided', sequence: 3 },
    { from: 'v', to: 'e', relation: 'serves', sequence: null },
  ],
};

test('from data to decision, left to right; a beginning stands just before what it leads to', () => {
  const { nodes, edges } = layoutLineage(WHOLE);
  const layer = Object.fromEntries(nodes.map((n) => [n.node.id, n.x / (NODE.width + NODE.gapX)]));
  expect(layer).toEqual({ d: 0, r: 1, p: 1, v: 2, snap: 2, rel: 3, e: 4 });
  expect(edges).toHaveLength(WHOLE.edges.length);
});

test('no two nodes cover each other', () => {
  const places = layoutLineage(WHOLE).nodes.map((n) => `${n.x} ${n.y}`);
  expect(new Set(places).size).toBe(places.length);
});

test('a circle ends, an arrow to nowhere is left out, nothing is nothing', () => {
  const [a, b] = [node('a', 'version'), node('b', 'version')];
  const edge = (from: string, to: string) => ({ from, to, relation: 'parent of', sequence: null }) as const;
  expect(layoutLineage({ nodes: [a, b], edges: [edge('a', 'b'), edge('b', 'a')] }).nodes).toHaveLength(2);
  expect(layoutLineage({ nodes: [a], edges: [edge('a', 'gone')] }).edges).toEqual([]);
  expect(layoutLineage({ nodes: [], edges: [] })).toMatchObject({ width: 0, height: 0 });
});
