// When the load jumps from a tenth of RATE to RATE within a second and falls again, is every call answered below P99_MS or refused at
// once, none lost, and none refused any more five seconds after?
//   k6 run -e GRPC=127.0.0.1:8001 [-e RATE=500 -e SECONDS=30 -e P99_MS=1000] loadtests/k6/spike.js
import { env, predict, thresholds } from './lib.js';

const low = Math.ceil(env.rate / 10);
const third = env.seconds / 3;
const CALM_S = 5;
const common = { timeUnit: '1s', preAllocatedVUs: 32 * env.vus };

export const options = {
  thresholds: {
    ...thresholds,
    answered_ms: [`p(99)<${Number(__ENV.P99_MS ?? 1000)}`],
    'refused{scenario:after}': ['rate==0'],
  },
  scenarios: {
    spike: {
      ...{ ...common, executor: 'ramping-arrival-rate', startRate: low },
      stages: [
        { duration: `${third}s`, target: low },
        { duration: '1s', target: env.rate },
        { duration: `${third}s`, target: env.rate },
        { duration: '1s', target: low },
        { duration: `${CALM_S}s`, target: low },
      ],
    },
    after: {
      ...{ ...common, executor: 'constant-arrival-rate', rate: low },
      ...{ duration: `${third}s`, startTime: `${2 * third + 2 + CALM_S}s` },
    },
  },
};
export default predict;
