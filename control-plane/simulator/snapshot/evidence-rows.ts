import { readCsv } from './csv.ts';
import type { SplitRows } from './split-rows.ts';

/** Of the labelled evidence the newest rows judge; the others train together with the sample's own rows. */
const HOLDOUT_SHARE = 0.3;
const FEWEST = 60;

/**
 * Rows for retraining: labelled evidence (oldest first, same columns as the sample) with the sample's rows.
 * The sample's hold-out judges too, so that a model cannot win by forgetting. Throws a TypeError naming what is wrong.
 */
export async function evidenceRows(file: string, base: SplitRows): Promise<SplitRows> {
  const table = await readCsv(file);
  const places = base.header.map((name) => {
    const at = table.header.indexOf(name);
    if (at < 0) throw new TypeError(`labelled evidence has no column "${name}"`);
    return at;
  });
  const rows = table.rows
    .map((row) => places.map((at) => Number(row[at] ?? Number.NaN)))
    .filter((row) => row.every(Number.isFinite));
  if (rows.length < FEWEST)
    throw new TypeError(`labelled evidence has ${rows.length} whole rows, fewer than ${FEWEST}`);
  const cut = Math.floor(rows.length * (1 - HOLDOUT_SHARE));
  return {
    labelOrigin: 'evidence',
    header: base.header,
    train: [...base.train, ...rows.slice(0, cut)],
    holdout: rows.slice(cut),
  };
}
