// Do VUS clients that each wait for their answer get all of them, with p99 below P99_MS?
//   k6 run -e GRPC=127.0.0.1:8001 [-e VUS=16 -e SECONDS=30 -e P99_MS=100] loadtests/k6/closed.js
import { allAnswered, env, predict } from './lib.js';

export const options = {
  thresholds: allAnswered,
  scenarios: { closed: { executor: 'constant-vus', vus: env.vus, duration: `${env.seconds}s` } },
};
export default predict;
