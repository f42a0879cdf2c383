// Are RATE calls a second, sent whatever the answers do, all answered, with p99 below P99_MS, and is none left unsent?
//   k6 run -e GRPC=127.0.0.1:8001 [-e RATE=500 -e SECONDS=30 -e P99_MS=100] loadtests/k6/open.js
import { allAnswered, env, predict } from './lib.js';

export const options = {
  thresholds: { ...allAnswered, dropped_iterations: ['count==0'] },
  scenarios: {
    open: {
      ...{ executor: 'constant-arrival-rate', rate: env.rate, timeUnit: '1s' },
      ...{ duration: `${env.seconds}s`, preAllocatedVUs: 32 * env.vus },
    },
  },
};
export default predict;
