import type { ShadowAnswer } from '@assay/domain/ports/evidence-source';
import { type Database, numberOf, type Params, type Row, textOf } from './database.ts';
import type { Tables } from './evidence-tables.ts';

export interface ShadowQuery {
  readonly endpoint: string;
  readonly family: string;
  readonly model: string;
  readonly version: string;
  readonly sinceMs: number;
}

type Checks = ShadowAnswer['checks'];

/** How a shadow check of families/<f>.ts is computed: value and number of rows over shadow answers `s` and outcomes `o`. */
interface CheckSql {
  readonly name: string;
  readonly value: string;
  readonly rows: string;
}

const OUTCOME_CHECKS: Readonly<Record<string, CheckSql>> = {
  forecasting: {
    name: 'relative_bias',
    value: `favg(s.served['demand'] - o.labels['demand']) / favg(o.labels['demand'])`,
    rows: `s.served['demand'] IS NOT NULL AND o.labels['demand'] IS NOT NULL`,
  },
  // What a person looks at comes out right
  vision: {
    name: 'error_rate',
    value: `avg(CASE WHEN coalesce(s.served['review'], 0) = 0 AND s.served['label'] <> o.labels['label'] THEN 1 ELSE 0 END)`,
    rows: `s.served['label'] IS NOT NULL AND o.labels['label'] IS NOT NULL`,
  },
};

const shadows = (tables: Tables): string =>
  `SELECT * FROM ${tables.predictions} WHERE shadow AND model = $model AND version = $version
   AND at_ms >= $since::BIGINT`;

/** Answers that no client saw, held against those that clients got and against what then happened. */
export async function readShadow(
  database: Database,
  tables: Tables,
  query: ShadowQuery,
): Promise<ShadowAnswer> {
  const params: Params = {
    model: query.model,
    version: query.version,
    since: BigInt(query.sinceMs),
  };
  const [total] = await database.rows(
    `SELECT count(*) AS rows, count(*) FILTER (NOT ok) AS failed, count(*) FILTER (ok) AS answered,
       count(*) FILTER (ok AND tripped) AS tripped, avg(latency_us) AS latency FROM (${shadows(tables)})`,
    params,
  );
  const answered = numberOf(total, 'answered') ?? 0;
  const tripped = numberOf(total, 'tripped') ?? 0;
  return {
    rows: numberOf(total, 'rows') ?? 0,
    failed: numberOf(total, 'failed') ?? 0,
    tripped,
    meanLatencyUs: numberOf(total, 'latency') ?? 0,
    difference: await differences(database, tables, params),
    checks: {
      ...(answered > 0 && { trip_rate: { value: tripped / answered, rows: answered } }),
      ...(await outcomeCheck(database, tables, query.family, params)),
    },
  };
}

async function differences(
  database: Database,
  tables: Tables,
  params: Params,
): Promise<Record<string, number>> {
  const rows = await database.rows(
    `SELECT name, favg(abs(shadow_value - served_value)) AS difference FROM (
       SELECT unnest(map_keys(s.served)) AS name, unnest(map_values(s.served)) AS shadow_value,
         p.served[name] AS served_value
       FROM (${shadows(tables)} AND ok) s
       JOIN (SELECT decision_id, served FROM ${tables.predictions} WHERE NOT shadow AND ok) p USING (decision_id))
     GROUP BY name HAVING difference IS NOT NULL ORDER BY name`,
    params,
  );
  return Object.fromEntries(rows.map((r) => [textOf(r, 'name'), numberOf(r, 'difference') ?? 0]));
}

async function outcomeCheck(
  database: Database,
  tables: Tables,
  family: string,
  params: Params,
): Promise<Checks> {
  const check = OUTCOME_CHECKS[family];
  if (check === undefined) return {};
  const [row] = await database.rows(
    `SELECT ${check.value} AS value, count(*) AS rows
     FROM (${shadows(tables)} AND ok) s JOIN ${tables.outcomes} o USING (decision_id) WHERE ${check.rows}`,
    params,
  );
  return checkOf(check.name, row);
}

/** Without outcomes there is no check: absent, not zero. */
function checkOf(name: string, row: Row | undefined): Checks {
  const value = numberOf(row, 'value');
  const rows = numberOf(row, 'rows') ?? 0;
  return rows === 0 || value === undefined || !Number.isFinite(value) ? {} : { [name]: { value, rows } };
}
