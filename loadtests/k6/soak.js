// Is half of RATE answered for SECONDS (half an hour) on end, with a p99 in the last third that is still below P99_MS?
//   k6 run -e GRPC=127.0.0.1:8001 [-e RATE=500 -e SECONDS=1800 -e P99_MS=100] loadtests/k6/soak.js
import { allAnswered, env, predict } from './lib.js';

const seconds = Number(__ENV.SECONDS ?? 1800);
const part = (at) => ({
  ...{ executor: 'constant-arrival-rate', rate: Math.ceil(env.rate / 2), timeUnit: '1s' },
  ...{ duration: `${seconds / 3}s`, startTime: `${(at * seconds) / 3}s`, preAllocatedVUs: 8 * env.vus },
});

export const options = {
  thresholds: { ...allAnswered, 'answered_ms{scenario:last}': [`p(99)<${env.p99Ms}`] },
  scenarios: { first: part(0), middle: part(1), last: part(2) },
};
export default predict;
