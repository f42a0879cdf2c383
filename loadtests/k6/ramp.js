// Does p99 stay below P99_MS while the load grows from a tenth of RATE to RATE and falls again, every call answered?
//   k6 run -e GRPC=127.0.0.1:8001 [-e RATE=500 -e SECONDS=30 -e P99_MS=100] loadtests/k6/ramp.js
import { allAnswered, env, predict } from './lib.js';

const third = `${env.seconds / 3}s`;
const low = Math.ceil(env.rate / 10);

export const options = {
  thresholds: allAnswered,
  scenarios: {
    ramp: {
      ...{ executor: 'ramping-arrival-rate', startRate: low, timeUnit: '1s', preAllocatedVUs: 8 * env.vus },
      stages: [
        { duration: third, target: env.rate },
        { duration: third, target: env.rate },
        { duration: third, target: low },
      ],
    },
  },
};
export default predict;
