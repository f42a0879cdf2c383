import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ARM } from '@assay/domain/evidence-schema';
import { familySpec } from '@assay/domain/families/all';
import { type Database, literal, type Row, textOf } from './database.ts';
import type { Tables } from './evidence-tables.ts';
import { LABELLED, type LabelledPrediction } from './labelled-rows.ts';
import { tensorsByName } from './tensor-bytes.ts';

export interface ExportQuery {
  readonly endpoint: string;
  readonly family: string;
  readonly sinceMs: number;
  /** Labelled predictions, newest; a prediction of ranking makes one row a listed item. */
  readonly lastRows: number;
  readonly file: string;
}

/** Writes the CSV whole or not at all, oldest row first; answers how many rows it has. */
export async function writeLabelled(database: Database, tables: Tables, query: ExportQuery): Promise<number> {
  const format = LABELLED[familySpec(query.family).family];
  const found = await database.rows(labelledSql(tables, format.tensors), {
    since: BigInt(query.sinceMs),
    last: BigInt(query.lastRows),
  });
  const rows = found.flatMap((row, i) => format.rows(prediction(row, i)));
  const draft = `${query.file}.draft`;
  await mkdir(dirname(query.file), { recursive: true });
  await writeFile(draft, `${[format.header, ...rows].map((r) => r.join(',')).join('\n')}\n`);
  await rename(draft, query.file);
  return rows.length;
}

/** Tensor bytes are read from the sealed files themselves. */
function labelledSql(tables: Tables, tensors: boolean): string {
  const newest = `
    SELECT decision_id, p.at_ms, p.features, map_keys(o.labels) AS label_names, map_values(o.labels) AS label_values
    FROM (SELECT * FROM ${tables.predictions} WHERE NOT shadow AND ok AND arm <> ${literal(ARM.pinned)}
          AND at_ms >= $since::BIGINT) p
    JOIN ${tables.outcomes} o USING (decision_id) WHERE cardinality(o.labels) > 0
    ORDER BY p.at_ms DESC, decision_id DESC LIMIT $last::BIGINT`;
  if (!tensors || tables.predictionFiles.length === 0)
    return `SELECT * FROM (${newest}) ORDER BY at_ms, decision_id`;
  const files = tables.predictionFiles.map(literal).join(', ');
  return `
    SELECT n.*, t.input_specs, t.input_bytes, t.output_specs, t.output_bytes FROM (${newest}) n
    JOIN (SELECT decision_id, input_specs, input_bytes, output_specs, output_bytes
          FROM read_parquet([${files}], hive_partitioning = false) WHERE role <> 'shadow') t USING (decision_id)
    ORDER BY n.at_ms, decision_id`;
}

const list = <T>(row: Row, column: string): readonly T[] => (row[column] ?? []) as readonly T[];

function prediction(row: Row, number: number): LabelledPrediction {
  const names = list<string>(row, 'label_names');
  const values = list<number>(row, 'label_values');
  return {
    number,
    features: list<number>(row, 'features'),
    labels: Object.fromEntries(names.map((name, i) => [name, values[i] ?? Number.NaN])),
    inputs: tensorsByName(textOf(row, 'input_specs'), list<Uint8Array>(row, 'input_bytes')),
    outputs: tensorsByName(textOf(row, 'output_specs'), list<Uint8Array>(row, 'output_bytes')),
  };
}
