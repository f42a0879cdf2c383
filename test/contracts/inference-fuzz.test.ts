import { fuzz } from '@assay/loadtests/fuzz/fuzz';
import { ENDPOINT, LIMIT_BYTES, REQUEST_TIMEOUT_MS } from '@assay/loadtests/fuzz/message';
import { expect, test } from 'vitest';
import { biddingInputs, infer, requestOf } from './inference-calls.ts';
import { endpoint, ModelServerProcess } from './inference-server.ts';

// A slice of `npm run bench:fuzz`, which sends 200,000 and looks at the memory
test('1,500 malformed requests: each gets the right status or is cut, and the server goes on', async () => {
  await using server = await ModelServerProcess.start([endpoint(ENDPOINT, 'bidding', 'bidding-affinity')], {
    env: {
      ASSAY_MAX_MESSAGE_BYTES: String(LIMIT_BYTES),
      ASSAY_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
    },
  });
  const { counts, wrong } = await fuzz(server, 'slice', 1500);
  expect(wrong).toEqual([]);
  expect(counts.size).toBeGreaterThan(40);
  expect((await infer(server, requestOf(ENDPOINT, biddingInputs(0, 10)))).version).toBe('1');
});
