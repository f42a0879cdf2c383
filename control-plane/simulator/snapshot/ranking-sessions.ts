import { RANKING_FEATURES, RANKING_SLATE } from '@assay/domain/families/ranking';
import { type Prng, prng } from '@assay/domain/prng';
import { type RankingRow, ranking } from '../response/ranking.ts';
import { type Impression, readOpenBandit, type Split, splitOf } from './open-bandit.ts';
import { rankingRow, shelfOf } from './ranking-rows.ts';
import { sample } from './sample.ts';
import type { SplitRows } from './split-rows.ts';

const SESSIONS = { train: 6_000, holdout: 2_000 } as const;
const LABELS = ['session', 'position', 'shown', 'clicked', 'ordered', 'margin_cents'];
const HEADER = [...RANKING_FEATURES, ...LABELS];

/** Real visits; the logging policy shows four items in stock at random, the response model answers. */
export async function rankingSessions(dir: string, seed: number): Promise<SplitRows> {
  const { impressions, items } = await readOpenBandit(dir);
  const shelf = shelfOf(items, impressions);
  const rng = prng(`ranking-log/${seed}`);
  const rows = (split: Split, count: number): number[][] =>
    sample(indexed(impressions, split), count, `${split}/${seed}`).flatMap(({ row, index }) =>
      logged(rankingRow(shelf, row, String(index)), index, rng),
    );
  return {
    labelOrigin: 'simulator',
    header: HEADER,
    train: rows('train', SESSIONS.train),
    holdout: rows('holdout', SESSIONS.holdout),
  };
}

const indexed = (
  impressions: readonly Impression[],
  split: Split,
): readonly { row: Impression; index: number }[] =>
  impressions.map((row, index) => ({ row, index })).filter(({ row }) => splitOf(row.atMs) === split);

/** One row a shown item: any four in stock, in any order. */
function logged(row: RankingRow, session: number, rng: Prng): number[][] {
  const left = row.items.filter((i) => i.inStock);
  const slate = Array.from({ length: Math.min(RANKING_SLATE, left.length) }, () =>
    left.splice(rng.int(left.length), 1),
  ).flat();
  const { labels } = ranking.draw(row, { item_id: slate.map((i) => i.id) }, rng);
  return slate.map((item, k) => [
    ...item.features,
    session,
    k + 1,
    1,
    labels[`clicked_${k}`] ?? 0,
    labels[`ordered_${k}`] ?? 0,
    labels[`margin_cents_${k}`] ?? 0,
  ]);
}

/** How many real impressions of one campaign stand for one session of the negative control. */
const REAL_SESSION = 12;

/**
 * Negative control: the real clicks of the uniformly random policy, twelve impressions of a campaign as one session.
 * On these nothing beats a constant (shared measurements and the README), so a gate that lets a model through is broken.
 */
export async function realClickSessions(dir: string): Promise<SplitRows> {
  const { impressions, items } = await readOpenBandit(dir);
  const shelf = shelfOf(items, impressions);
  const random = impressions.filter((i) => i.policy === 'random');
  const counts = new Map<string, number>();
  const rows = (wanted: (split: Split) => boolean): number[][] =>
    random
      .filter((i) => wanted(splitOf(i.atMs)))
      .flatMap((impression) => {
        const item = rankingRow(shelf, impression, 'real').items.find(
          (i) => i.id % 1000 === impression.itemId,
        );
        if (item === undefined) return [];
        const seen = counts.get(impression.campaign) ?? 0;
        counts.set(impression.campaign, seen + 1);
        const campaign = ['all', 'men', 'women'].indexOf(impression.campaign);
        const session = campaign * 100_000 + Math.floor(seen / REAL_SESSION);
        const place = (seen % REAL_SESSION) + 1;
        return [[...item.features, session, place, 1, impression.click, 0, 0]];
      });
  return {
    labelOrigin: 'real',
    header: HEADER,
    train: rows((split) => split === 'train'),
    holdout: rows((split) => split !== 'train'),
  };
}
