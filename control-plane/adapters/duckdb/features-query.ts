import { ARM } from '@assay/domain/evidence-schema';
import type { FeatureWindow } from '@assay/domain/ports/evidence-source';
import { type Database, literal, numberOf, textOf } from './database.ts';
import type { Tables } from './evidence-tables.ts';

export interface FeaturesQuery {
  readonly endpoint: string;
  readonly featureNames: readonly string[];
  readonly edges: Readonly<Record<string, readonly number[]>>;
  readonly sinceMs: number;
  readonly lastRows: number;
}

/**
 * Counts of the newest served rows over the reference's bins: bin i holds edges[i − 1] < x ≤ edges[i], as the trainers'
 * reference.json counts. A request with several rows has their features one after another; each row counts.
 */
export async function readFeatures(
  database: Database,
  tables: Tables,
  query: FeaturesQuery,
): Promise<FeatureWindow> {
  const wanted = query.featureNames.flatMap((name, index) => {
    const edges = query.edges[name];
    return edges === undefined ? [] : [{ name, index, edges }];
  });
  if (wanted.length === 0) return { rows: 0, counts: {} };
  const edgeRows = wanted
    .map(({ name, index, edges }) => `(${index}, ${literal(name)}, [${edges.join(', ')}]::DOUBLE[])`)
    .join(', ');
  const width = query.featureNames.length;
  const found = await database.rows(
    `WITH newest AS (
       SELECT features FROM ${tables.predictions}
       WHERE NOT shadow AND ok AND arm <> ${literal(ARM.pinned)} AND at_ms >= $since::BIGINT
       ORDER BY at_ms DESC, decision_id DESC LIMIT $last::BIGINT),
     value AS (
       SELECT (generate_subscripts(features, 1) - 1) % ${width} AS place, unnest(features) AS x FROM newest),
     edge(place, name, edges) AS (VALUES ${edgeRows})
     SELECT name, len(list_filter(edges, lambda e: e < x)) AS bin, count(*) AS count,
       (SELECT count(*) FROM newest) AS rows
     FROM value JOIN edge USING (place) WHERE NOT isnan(x) GROUP BY name, bin`,
    { since: BigInt(query.sinceMs), last: BigInt(query.lastRows) },
  );
  const counts = Object.fromEntries(
    wanted.map(({ name, edges }) => [name, new Array<number>(edges.length + 1).fill(0)]),
  );
  for (const row of found) {
    const bins = counts[textOf(row, 'name')];
    if (bins) bins[numberOf(row, 'bin') ?? 0] = numberOf(row, 'count') ?? 0;
  }
  return { rows: numberOf(found[0], 'rows') ?? 0, counts };
}
