/** Where a point lies in the order of time; steps tell those of one instant apart. */
export interface Place {
  readonly ts: bigint;
  readonly step: bigint;
}

/** The last point before a place and the first at it or after it. */
export interface Neighbours<P extends Place> {
  readonly before: Place;
  readonly after: P;
}

const ROUNDS = 8;
const FIRST_STEP = -(2n ** 63n);

const compare = (a: Place, b: Place): number =>
  a.ts !== b.ts ? (a.ts < b.ts ? -1 : 1) : a.step === b.step ? 0 : a.step < b.step ? -1 : 1;

/** Up to `count` places inside a gap, evenly over its time, or over the steps of its instant. */
const placesIn = ({ from, to }: Gap, count: number): Place[] => {
  const [span, at] =
    from.ts === to.ts
      ? [to.step - from.step, (d: bigint) => ({ ts: from.ts, step: from.step + d })]
      : [to.ts - from.ts, (d: bigint) => ({ ts: from.ts + d, step: FIRST_STEP })];
  const parts = BigInt(count + 1);
  const distances = Array.from({ length: count }, (_, i) => (span * BigInt(i + 1) + parts - 1n) / parts);
  return [...new Set(distances)].filter((d) => d > 0n).map(at);
};

/** Two points between which others may lie. */
interface Gap {
  readonly from: Place;
  readonly to: Place;
}

const isOpen = ({ from, to }: Gap): boolean => compare(from, to) < 0;

/** What is left of a gap between the neighbours of places in it, in order. */
const rest = (gap: Gap, found: readonly Neighbours<Place>[]): Gap[] =>
  [...found, { before: gap.to, after: gap.to }]
    .map(({ before }, i) => ({ from: found[i - 1]?.after ?? gap.from, to: before }))
    .filter(isOpen);

/**
 * `size` points (at least two) of a long history, the first and the last among them, without reading it: evenly over its time,
 * and where nothing happened for long, more of where something did. `neighbours` answers for places after the first point and
 * not after the last, in their order. Fewer where so many points share instants and steps that they cannot be told apart.
 */
export const sampled = async <P extends Place>(
  [first, last]: readonly [P, P],
  size: number,
  neighbours: (places: readonly Place[]) => Promise<readonly Neighbours<P>[]>,
): Promise<P[]> => {
  const found = [first, last];
  let gaps: Gap[] = [{ from: first, to: last }].filter(isOpen);
  for (let round = 0; round < ROUNDS && gaps.length > 0 && found.length < size; round += 1) {
    const budget = size - found.length;
    // More gaps than points: some of each part of the history
    const every = Math.max(1, gaps.length / budget);
    const asked = Array.from(
      { length: Math.min(gaps.length, budget) },
      (_, i) => gaps[Math.floor(i * every)] as Gap,
    );
    const share = (i: number) =>
      Math.floor((budget * (i + 1)) / asked.length) - Math.floor((budget * i) / asked.length);
    const places = asked.map((gap, i) => placesIn(gap, share(i)));
    const answers = [...(await neighbours(places.flat()))];
    gaps = asked.flatMap((gap, i) => {
      const own = answers.splice(0, places[i]?.length);
      for (const { after } of own)
        if (compare(after, found.at(-1) as P) !== 0 && compare(after, last) < 0) found.push(after);
      return rest(gap, own);
    });
  }
  return found.toSorted(compare);
};
