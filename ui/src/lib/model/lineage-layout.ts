import type { Lineage, LineageNode } from '@assay/domain/lineage';

export const NODE = { width: 168, height: 46, gapX: 56, gapY: 16 } as const;

export interface PlacedNode {
  readonly node: LineageNode;
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly key: string;
  /** SVG path data, from the right of one node to the left of another. */
  readonly path: string;
}

export interface LineageLayout {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

/** From left to right along the arrows; what nothing leads to stands just before what it leads to. */
export function layoutLineage({ nodes, edges }: Lineage): LineageLayout {
  const layers = layersOf(nodes, edges);
  const rows = new Map<number, number>();
  const placed = nodes.map((node): PlacedNode => {
    const layer = layers.get(node.id) ?? 0;
    const row = rows.get(layer) ?? 0;
    rows.set(layer, row + 1);
    return { node, x: layer * (NODE.width + NODE.gapX), y: row * (NODE.height + NODE.gapY) };
  });
  const byId = new Map(placed.map((p) => [p.node.id, p]));
  return {
    nodes: placed,
    edges: edges.flatMap((edge) => {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
      if (from === undefined || to === undefined) return [];
      return [{ key: `${edge.from} ${edge.relation} ${edge.to}`, path: curve(from, to) }];
    }),
    width: Math.max(0, ...placed.map((p) => p.x + NODE.width)),
    height: Math.max(0, ...placed.map((p) => p.y + NODE.height)),
  };
}

/** Longest way from a beginning. A circle, which no record should hold, ends with as many rounds as there are nodes. */
function layersOf(nodes: Lineage['nodes'], edges: Lineage['edges']): ReadonlyMap<string, number> {
  const layers = new Map(nodes.map((n) => [n.id, 0]));
  const at = (id: string): number => layers.get(id) ?? 0;
  for (let round = 0; round < nodes.length; round += 1)
    for (const { from, to } of edges) layers.set(to, Math.min(nodes.length, Math.max(at(to), at(from) + 1)));
  const led = new Set(edges.map((e) => e.to));
  for (const { id } of nodes) {
    const targets = edges.filter((e) => e.from === id).map((e) => at(e.to));
    if (!led.has(id) && targets.length > 0) layers.set(id, Math.max(0, Math.min(...targets) - 1));
  }
  return layers;
}

function curve(from: PlacedNode, to: PlacedNode): string {
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
