import { BANDITS } from './bandits.ts';
import { BAYESIAN } from './bayesian.ts';
import { DRIFT_METHODS } from './drift-methods.ts';
import { ESTIMATES } from './estimates.ts';
import { FIXED_HORIZON } from './fixed-horizon.ts';
import { FIXED_HORIZON_MORE } from './fixed-horizon-more.ts';
import type { Method } from './method.ts';
import { MONITORING } from './monitoring.ts';
import { PANELS } from './panels.ts';
import { POWER } from './power.ts';
import { QUASI_EXPERIMENTS } from './quasi-experiments.ts';
import { RANDOMISATION } from './randomisation.ts';
import { REGRESSION } from './regression.ts';
import { SEQUENTIAL } from './sequential.ts';
import { SEQUENTIAL_MORE } from './sequential-more.ts';

/** Every method that `answer` knows, by name. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    ...FIXED_HORIZON,
    ...FIXED_HORIZON_MORE,
    ...REGRESSION,
    ...POWER,
    ...SEQUENTIAL,
    ...SEQUENTIAL_MORE,
    ...BAYESIAN,
    ...BANDITS,
    ...QUASI_EXPERIMENTS,
    ...PANELS,
    ...RANDOMISATION,
    ...MONITORING,
    ...DRIFT_METHODS,
    ...ESTIMATES,
  ].map((each) => [each.name, each]),
);
