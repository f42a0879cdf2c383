import { BANDITS } from './bandits.ts';
import { FIXED_HORIZON } from './fixed-horizon.ts';
import type { Method } from './method.ts';
import { MONITORING } from './monitoring.ts';
import { POWER } from './power.ts';
import { QUASI_EXPERIMENTS } from './quasi-experiments.ts';
import { SEQUENTIAL } from './sequential.ts';

/** Every method that `answer` knows, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [...FIXED_HORIZON, ...POWER, ...SEQUENTIAL, ...BANDITS, ...QUASI_EXPERIMENTS, ...MONITORING].map((each) => [
    each.name,
    each,
  ]),
);
