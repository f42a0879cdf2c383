import { join } from 'node:path';
import { numbers, readCsv, type Table, texts } from './csv.ts';

export interface Impression {
  readonly campaign: string;
  readonly policy: string;
  readonly atMs: number;
  readonly itemId: number;
  readonly position: number;
  readonly click: number;
  readonly user: readonly number[];
  /** item → past clicks of this visitor; empty for 95 %. */
  readonly affinity: ReadonlyMap<number, number>;
}

export interface BanditItem {
  readonly campaign: string;
  readonly itemId: number;
  readonly features: readonly number[];
}

/** Three splits in time: the last day is traffic, the day before it judges, the rest trains. */
export type Split = 'train' | 'holdout' | 'traffic';
const HOLDOUT_FROM_MS = Date.UTC(2019, 10, 28);
const TRAFFIC_FROM_MS = Date.UTC(2019, 10, 29);

export function splitOf(atMs: number): Split {
  if (atMs < HOLDOUT_FROM_MS) return 'train';
  return atMs < TRAFFIC_FROM_MS ? 'holdout' : 'traffic';
}

const CODES = [0, 1, 2, 3] as const;

const parseAffinity = (text: string): ReadonlyMap<number, number> =>
  new Map(
    text === ''
      ? []
      : text.split(';').map((pair) => {
          const [item, count] = pair.split(':');
          return [Number(item), Number(count)] as const;
        }),
  );

function impressions(table: Table): Impression[] {
  const campaign = texts(table, 'campaign');
  const policy = texts(table, 'policy');
  const affinity = texts(table, 'affinity');
  const [atMs, itemId, position, click] = ['at_ms', 'item_id', 'position', 'click'].map((n) =>
    numbers(table, n),
  ) as [Read, Read, Read, Read];
  const user = CODES.map((i) => numbers(table, `user_feature_${i}`));
  return table.rows.map((row) => ({
    campaign: campaign(row),
    policy: policy(row),
    atMs: atMs(row),
    itemId: itemId(row),
    position: position(row),
    click: click(row),
    user: user.map((read) => read(row)),
    affinity: parseAffinity(affinity(row)),
  }));
}

type Read = (row: readonly string[]) => number;

function items(table: Table): BanditItem[] {
  const campaign = texts(table, 'campaign');
  const itemId = numbers(table, 'item_id');
  const features = CODES.map((i) => numbers(table, `item_feature_${i}`));
  return table.rows.map((row) => ({
    campaign: campaign(row),
    itemId: itemId(row),
    features: features.map((read) => read(row)),
  }));
}

/** Reads what extract.py wrote for ranking and bidding. */
export async function readOpenBandit(
  dir: string,
): Promise<{ impressions: readonly Impression[]; items: readonly BanditItem[] }> {
  const [log, context] = await Promise.all([
    readCsv(join(dir, 'impressions.csv')),
    readCsv(join(dir, 'items.csv')),
  ]);
  return { impressions: impressions(log), items: items(context) };
}
