import { AssayError } from '@assay/domain/errors';
import { ARM } from '@assay/domain/evidence-schema';
import type { ArmStats, ArmsAnswer, ArmsQuery } from '@assay/domain/ports/evidence-source';
import { type Database, literal, numberOf, type Params, type Row, textOf } from './database.ts';
import type { Tables } from './evidence-tables.ts';

/** Answers that no assignment chose say nothing about an arm. */
const NO_ARM = [ARM.pinned, ARM.fallback, ARM.shadow].map(literal).join(', ');

interface Scope {
  /** Condition on predictions for rows of the rollout's or experiment's arms. */
  readonly where: string;
  readonly params: Params;
}

function scopeOf(query: ArmsQuery): Scope {
  const since = { since: BigInt(query.sinceMs) };
  if (query.rollout !== undefined)
    return {
      where: `rollout = $subject AND arm IN (${literal(ARM.champion)}, ${literal(ARM.canary)})`,
      params: { ...since, subject: query.rollout },
    };
  if (query.experiment !== undefined)
    return {
      where: `experiment = $subject AND arm NOT IN (${NO_ARM})`,
      params: { ...since, subject: query.experiment },
    };
  throw new AssayError('REQUEST_INVALID', 'Cannot read arms: name a rollout or an experiment', {
    field: 'rollout',
  });
}

/** Servers log the weight itself for the canary's side and 1 − weight, in the same arithmetic, for the champion's. */
const AT_WEIGHT = `WHERE propensity = CASE arm WHEN ${literal(ARM.canary)} THEN $weight::DOUBLE ELSE 1 - $weight::DOUBLE END`;

const inScope = (tables: Tables, { where }: Scope): string =>
  `SELECT * FROM ${tables.predictions} WHERE NOT shadow AND at_ms >= $since::BIGINT AND ${where}`;

/** Statistics over units: a unit's value is the mean over its outcomes, and it counts once an arm. */
export async function readArms(database: Database, tables: Tables, query: ArmsQuery): Promise<ArmsAnswer> {
  const scope = scopeOf(query);
  const assigned = await database.rows(
    `SELECT arm, count(DISTINCT unit_key) AS units FROM (${inScope(tables, scope)})
     ${query.weight === undefined ? '' : AT_WEIGHT} GROUP BY arm ORDER BY arm`,
    { ...scope.params, ...(query.weight !== undefined && { weight: query.weight }) },
  );
  const names = Object.fromEntries(query.metrics.map((metric, i) => [`m${i}`, metric]));
  const keys = Object.keys(names);
  const stats =
    keys.length === 0
      ? []
      : await database.rows(await statsSql(database, tables, scope, keys), { ...scope.params, ...names });
  return {
    arms: Object.fromEntries(stats.map((row) => [textOf(row, 'arm'), armStats(row, query.metrics)])),
    assigned: Object.fromEntries(assigned.map((row) => [textOf(row, 'arm'), numberOf(row, 'units') ?? 0])),
  };
}

/** favg sums by Kahan, var_samp by Welford: neither loses small differences of large numbers. */
async function statsSql(
  database: Database,
  tables: Tables,
  scope: Scope,
  keys: readonly string[],
): Promise<string> {
  const perUnit = keys.map((k) => `favg(metrics[$${k}]) AS ${k}`).join(', ');
  const overUnits = keys
    .map((k) => `count(${k}) AS ${k}_n, favg(${k}) AS ${k}_mean, var_samp(${k}) AS ${k}_variance`)
    .join(', ');
  return `
    WITH decision AS (${inScope(tables, scope)} AND ok),
    joined AS (
      SELECT d.arm, d.unit_key, o.metrics FROM decision d JOIN ${tables.outcomes} o USING (decision_id)
      ${(await hasUnitOutcomes(database, tables)) ? `UNION ALL ${byUnit(tables, scope)}` : ''}),
    unit AS (SELECT arm, unit_key, ${perUnit} FROM joined GROUP BY arm, unit_key)
    SELECT arm, ${overUnits} FROM unit GROUP BY arm ORDER BY arm`;
}

/** An outcome without a decision belongs to the unit's latest served answer before it, whoever gave that answer. */
const byUnit = (tables: Tables, { where }: Scope): string => `
  SELECT arm, unit_key, metrics FROM (
    SELECT p.*, o.metrics FROM
      (SELECT * FROM ${tables.outcomes} WHERE decision_id = '' AND unit_key <> '') o
      ASOF JOIN (SELECT * FROM ${tables.predictions} WHERE NOT shadow AND ok AND at_ms >= $since::BIGINT) p
      ON o.unit_key = p.unit_key AND o.occurred_at_ms >= p.at_ms)
  WHERE ${where}`;

async function hasUnitOutcomes(database: Database, tables: Tables): Promise<boolean> {
  const rows = await database.rows(`SELECT 1 FROM ${tables.outcomes} WHERE decision_id = '' LIMIT 1`);
  return rows.length > 0;
}

/** A metric that no unit has is left out: there is nothing to say. */
function armStats(row: Row, metrics: readonly string[]): Record<string, ArmStats> {
  const found: Record<string, ArmStats> = {};
  for (const [i, metric] of metrics.entries()) {
    const n = numberOf(row, `m${i}_n`) ?? 0;
    if (n === 0) continue;
    const mean = numberOf(row, `m${i}_mean`) ?? Number.NaN;
    // One unit has no spread to estimate; readers ask for many more before they judge
    const variance = n === 1 ? 0 : (numberOf(row, `m${i}_variance`) ?? Number.NaN);
    if (!Number.isFinite(mean) || !Number.isFinite(variance))
      throw new AssayError(
        'EVIDENCE_UNREADABLE',
        `Cannot read metric "${metric}" of arm "${textOf(row, 'arm')}": its outcomes hold a value that is not finite`,
      );
    found[metric] = { n, mean, variance };
  }
  return found;
}
