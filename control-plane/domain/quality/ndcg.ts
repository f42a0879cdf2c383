import { mean } from './compared.ts';

const discount = (place: number): number => 1 / Math.log2(place + 2);

/** Places that tied scores take share their mean gain, so that a constant score is not helped by the rows' order. */
function rankedGains(scores: readonly number[], gains: readonly number[]): number[] {
  const order = scores.map((score, i) => ({ score, gain: gains[i] ?? 0 })).sort((a, b) => b.score - a.score);
  const byScore = Map.groupBy(order, (item) => item.score);
  return order.map((item) => mean((byScore.get(item.score) ?? []).map((tied) => tied.gain)));
}

/** NDCG@k (Järvelin & Kekäläinen 2002, gains as they are) of one session; undefined when nothing was gained. */
export function ndcg(scores: readonly number[], gains: readonly number[], k: number): number | undefined {
  const ideal = [...gains].sort((a, b) => b - a).slice(0, k);
  const best = ideal.reduce((sum, gain, place) => sum + gain * discount(place), 0);
  if (best === 0) return undefined;
  const got = rankedGains(scores, gains).slice(0, k);
  return got.reduce((sum, gain, place) => sum + gain * discount(place), 0) / best;
}

/** One value a session with a gain, in the order of the sessions' first rows. */
export function ndcgBySession(
  sessions: readonly number[],
  scores: readonly number[],
  gains: readonly number[],
  k: number,
): readonly number[] {
  const rows = Map.groupBy(sessions.keys(), (i) => sessions[i]);
  return [...rows.values()].flatMap((at) => {
    const value = ndcg(
      at.map((i) => scores[i] ?? 0),
      at.map((i) => gains[i] ?? 0),
      k,
    );
    return value === undefined ? [] : [value];
  });
}
