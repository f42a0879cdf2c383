export interface PageHinkleyOptions {
  readonly threshold?: number;
  readonly delta?: number;
  readonly forgetting?: number;
  readonly minInstances?: number;
  readonly mode?: 'up' | 'down' | 'both';
}

interface State {
  readonly count: number;
  readonly mean: number;
  readonly up: number;
  readonly leastUp: number;
  readonly down: number;
  readonly greatestDown: number;
}

// river starts the greatest D at −1, which its users' thresholds are tuned to.
const START: State = { count: 0, mean: 0, up: 0, leastUp: Infinity, down: 0, greatestDown: -1 };

function next(state: State, x: number, delta: number, forgetting: number): State {
  const count = state.count + 1;
  const mean = state.mean + (x - state.mean) / count;
  const up = forgetting * state.up + (x - mean) - delta;
  const down = forgetting * state.down + (x - mean) + delta;
  return {
    count,
    mean,
    up,
    leastUp: Math.min(state.leastUp, up),
    down,
    greatestDown: Math.max(state.greatestDown, down),
  };
}

/** Page-Hinkley test for a change of mean (Page 1954), as in river's drift.PageHinkley: indexes of alarms, from 0. */
export function pageHinkley(
  values: readonly number[],
  options: PageHinkleyOptions = {},
): { alarms: number[] } {
  const { threshold = 50, delta = 0.005, forgetting = 0.9999, minInstances = 30, mode = 'both' } = options;
  const alarms: number[] = [];
  let state = START;
  for (const [index, x] of values.entries()) {
    state = next(state, x, delta, forgetting);
    const up = mode !== 'down' && state.up - state.leastUp > threshold;
    const down = mode !== 'up' && state.greatestDown - state.down > threshold;
    if (state.count < minInstances || !(up || down)) continue;
    alarms.push(index);
    state = START;
  }
  return { alarms };
}
