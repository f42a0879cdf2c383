import { ARM } from '@assay/domain/evidence-schema';
import type { PanelAnswer } from '@assay/domain/ports/evidence-source';
import { type Database, literal, numberOf, textOf } from './database.ts';
import type { Tables } from './evidence-tables.ts';

export interface PanelQuery {
  readonly endpoint: string;
  readonly experiment: string;
  readonly metric: string;
  readonly fromPeriod: number;
}

/** Arm of the treated units in geo and synthetic-control designs (control-plane/domain/route-plan.ts). */
const TREATMENT = 'treatment';

/**
 * Units by business periods: the mean of the metric over a unit's served answers of the period. All served rows of the
 * endpoint count, because the pre-period lies before the experiment; pinned ones do not.
 */
export async function readPanel(database: Database, tables: Tables, query: PanelQuery): Promise<PanelAnswer> {
  const cells = await database.rows(
    `SELECT p.unit_key AS unit, o.period AS period, favg(o.metrics[$metric]) AS value,
       bool_or(p.experiment = $experiment AND p.arm = ${literal(TREATMENT)}) AS treated
     FROM ${tables.outcomes} o JOIN ${tables.predictions} p USING (decision_id)
     WHERE NOT p.shadow AND p.ok AND p.arm <> ${literal(ARM.pinned)} AND o.period >= $from::BIGINT
       AND o.metrics[$metric] IS NOT NULL
     GROUP BY unit, period ORDER BY unit, period`,
    { metric: query.metric, experiment: query.experiment, from: BigInt(query.fromPeriod) },
  );
  const units = [...new Set(cells.map((c) => textOf(c, 'unit')))];
  const periods = [...new Set(cells.map((c) => numberOf(c, 'period') ?? 0))].sort((a, b) => a - b);
  const rowOf = new Map(units.map((u, i) => [u, i]));
  const columnOf = new Map(periods.map((p, i) => [p, i]));
  const values = units.map(() => periods.map(() => Number.NaN));
  for (const cell of cells) {
    const row = values[rowOf.get(textOf(cell, 'unit')) ?? -1];
    if (row) row[columnOf.get(numberOf(cell, 'period') ?? 0) ?? -1] = numberOf(cell, 'value') ?? Number.NaN;
  }
  const treatedCells = cells.filter((c) => c.treated === true);
  const treatedPeriods = treatedCells.map((c) => numberOf(c, 'period') ?? 0);
  return {
    units,
    periods,
    values,
    treated: [...new Set(treatedCells.map((c) => textOf(c, 'unit')))],
    firstTreatedPeriod: treatedPeriods.length === 0 ? null : Math.min(...treatedPeriods),
  };
}
